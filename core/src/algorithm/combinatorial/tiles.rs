//! The tiles of all parts.

use std::ops::Range;

use super::pairs::{self, Pairs};
use super::phi::SMALL_PRIMES;
use super::tables::Tables;
use super::wheel::{PER_BYTE, PER_WORD};
use super::{Parameters, a, c};

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
const RANKS: usize = 1 << 18;

/// Returns all tiles. Those of a part are in order, and cost about the same.
pub(super) fn all(tables: &Tables, parameters: &Parameters, windows: u64) -> Vec<Tile> {
    let mut tiles = hard(tables, parameters);
    tiles.extend(pairs(tables, parameters));
    tiles.extend(
        cut(windows as usize, (windows as usize).div_ceil(parameters.tiles as usize))
            .map(|Range { start, end }| Tile::Windows(start as u64..end as u64)),
    );
    tiles.extend(Some(c::indices(tables)).filter(|indices| !indices.is_empty()).map(Tile::Triples));
    tiles.extend(cut(tables.factors.len(), RANKS).map(Tile::Ordinary));
    tiles.push(Tile::Sigma);
    tiles
}

/// Cuts `0..end` into ranges of this length. The last may be shorter.
fn cut(end: usize, length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..end).step_by(length.max(1)).map(move |start| start..end.min(start + length.max(1)))
}

fn hard(tables: &Tables, parameters: &Parameters) -> Vec<Tile> {
    let end = if tables.x_star > 22 { (tables.x / u128::from(tables.y)) as u64 + 1 } else { 0 };
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

fn pairs(tables: &Tables, parameters: &Parameters) -> Vec<Tile> {
    let indices = pairs::indices(tables);
    // Getting a prime's bounds costs as much as some lookups.
    let cost = |b| 30 + a::lookups(tables, &Pairs::of(tables, b));
    let most = indices.clone().map(cost).sum::<u64>().div_ceil(parameters.tiles.into());
    let (mut tiles, mut first, mut sum) = (Vec::new(), indices.start, 0);
    for b in indices.clone() {
        sum += cost(b);
        if sum >= most || b + 1 == indices.end {
            tiles.push(Tile::Pairs(first..b + 1));
            (first, sum) = (b + 1, 0);
        }
    }
    tiles
}

const _: () = assert!(SMALL_PRIMES == 8);
