//! The tiles of all parts.

use std::ops::Range;

use super::pairs::{self, Pairs};
use super::tables::Tables;
use super::wheel::{PER_BYTE, PER_WORD};
use super::{Parameters, a, c};
use crate::allocation::with_capacity;
use crate::{Pulse, Stopped};

/// A piece of one part of the formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tile {
    /// Hard leaves in a run of numbers.
    Hard(Range<u64>),
    /// Windows of numbers.
    Windows(Range<u64>),
    /// Easy leaves with two primes, by the indices of the smaller ones.
    Pairs(Range<usize>),
    /// Easy leaves with three primes, by the indices of the smallest ones.
    Triples(Range<usize>),
    /// Ordinary leaves, by their ranks in the factor table.
    Ordinary(Range<usize>),
    /// The closed forms.
    Sigma,
}

/// The narrowest run of numbers, and the fewest ranks of the factor table, that make a tile.
const NARROWEST: u64 = 64 * PER_WORD;
const RANKS: u64 = 1 << 15;

/// How many primes are gone through between two beats.
const PRIMES_PER_BEAT: usize = 256;

/// Returns all tiles. Those of a part are in order, and cost about the same.
pub(super) fn all<P: Pulse>(
    tables: &Tables,
    parameters: &Parameters,
    windows: u64,
    pulse: &P,
) -> Result<Vec<Tile>, Stopped> {
    let mut tiles = hard(tables, parameters);
    tiles.extend(pairs(tables, parameters, pulse)?);
    let per_tile = windows.div_ceil(parameters.tiles.into());
    tiles.extend(cut(windows, per_tile).map(Tile::Windows));
    tiles.extend(Some(c::indices(tables)).filter(|indices| !indices.is_empty()).map(Tile::Triples));
    tiles.extend(
        cut(tables.factors.len() as u64, RANKS).map(|ranks| Tile::Ordinary(ranks.start as usize..ranks.end as usize)),
    );
    tiles.push(Tile::Sigma);
    Ok(tiles)
}

/// Cuts `0..end` into ranges of this length. The last may be shorter.
fn cut(end: u64, length: u64) -> impl Iterator<Item = Range<u64>> {
    (0..end).step_by(length as usize).map(move |start| start..end.min(start + length))
}

fn hard(tables: &Tables, parameters: &Parameters) -> Vec<Tile> {
    // 23 is the least prime with hard leaves.
    let end = if tables.x_star >= 23 { (tables.x / u128::from(tables.y)) as u64 + 1 } else { 0 };
    let segment = u64::from(parameters.segment) * PER_BYTE;
    let widest = (end / u64::from(parameters.tiles)).max(segment);
    let (mut tiles, mut low) = (Vec::new(), 0);
    while low < end {
        let width = (low / 2).clamp(NARROWEST, widest).next_multiple_of(NARROWEST);
        tiles.push(Tile::Hard(low..end.min(low + width)));
        low += width;
    }
    tiles
}

fn pairs<P: Pulse>(tables: &Tables, parameters: &Parameters, pulse: &P) -> Result<Vec<Tile>, Stopped> {
    let indices = pairs::indices(tables);
    // Getting a prime's bounds costs as much as some lookups.
    let mut costs = with_capacity("the costs of the leaves", indices.len());
    for b in indices.clone() {
        if b % PRIMES_PER_BEAT == 0 {
            pulse.beat()?;
        }
        costs.push(30 + a::lookups(tables, &Pairs::of(tables, b)));
    }
    let most = costs.iter().sum::<u64>().div_ceil(parameters.tiles.into());
    let (mut tiles, mut first, mut sum) = (Vec::new(), indices.start, 0);
    for (b, cost) in indices.clone().zip(costs) {
        sum += cost;
        if sum >= most || b + 1 == indices.end {
            tiles.push(Tile::Pairs(first..b + 1));
            (first, sum) = (b + 1, 0);
        }
    }
    Ok(tiles)
}
