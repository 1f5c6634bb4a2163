//! pi(x) without sieving to x: the combinatorial method of Meissel and Lehmer, in the form of Lagarias, Miller, Odlyzko,
//! Deleglise, Rivat and Gourdon.

mod a;
mod b;
mod c;
mod d;
mod division;
mod factor_table;
mod pairs;
mod parameters;
mod phi;
mod roots;
mod sigma;
mod sums;
mod tables;
mod tiles;
mod wheel;
mod window;

use b::{WindowScratch, Windows};
use d::HardScratch;
pub use parameters::Parameters;
use parameters::{MAX_X, MIN_X};
pub use sums::CombinatorialSums;
use tables::Tables;
use tiles::Tile;

use crate::machine::Cpu;
use crate::{Error, JobSpec, Kernel, Monoid, Pulse, Stopped};

const PHASE: &str = "pi(x)";

/// Counts the primes up to x.
#[derive(Debug)]
pub struct Combinatorial {
    parameters: Parameters,
    tables: Tables,
    windows: Windows,
    tiles: Vec<Tile>,
    cpu: Cpu,
}

impl Combinatorial {
    /// Creates the kernel.
    ///
    /// # Errors
    /// - [`Error::OutOfRange`] if x is too large
    /// - [`Error::BadTuning`] if [`Parameters::check`] rejects the parameters.
    /// - [`Error::Cancelled`] if the pulse was stopped.
    pub fn with<P: Pulse>(x: u128, parameters: Parameters, cpu: Cpu, pulse: &P) -> Result<Self, Error> {
        Self::check(x, &parameters)?;
        let tables = Tables::new(x, parameters.y, pulse).map_err(|Stopped| Error::Cancelled)?;
        let windows = Windows::new(&tables, parameters.window, cpu);
        let tiles = tiles::all(&tables, &parameters, windows.count());
        Ok(Self { parameters, tables, windows, tiles, cpu })
    }

    /// Checks x and the parameters against their bounds.
    pub(super) fn check(x: u128, parameters: &Parameters) -> Result<(), Error> {
        if x > MAX_X {
            return Err(Error::OutOfRange { algorithm: "combinatorial".into(), max: MAX_X, end: x });
        }
        if x < MIN_X {
            return Err(Error::BadTuning {
                reason: format!("the combinatorial method needs x from {MIN_X} on, not {x}"),
            });
        }
        parameters.check(x)
    }

    /// Returns pi(x), given the sums of all tiles.
    #[must_use]
    pub fn count(&self, sums: &CombinatorialSums) -> u128 {
        sums.total(self.tables.a) as u128
    }
}

/// The working memory of a worker.
#[derive(Debug)]
pub struct CombinatorialScratch {
    hard: HardScratch,
    windows: WindowScratch,
}

impl Kernel for Combinatorial {
    type Scratch = CombinatorialScratch;
    type Partial = CombinatorialSums;

    fn phase(&self) -> &'static str {
        PHASE
    }

    fn tiles(&self) -> u64 {
        self.tiles.len() as u64
    }

    fn spec(&self) -> Option<JobSpec> {
        Some(JobSpec::Combinatorial { x: self.tables.x, parameters: self.parameters })
    }

    fn scratch(&self) -> CombinatorialScratch {
        CombinatorialScratch { hard: HardScratch::new(self.parameters.segment), windows: self.windows.scratch() }
    }

    fn tile<P: Pulse>(
        &self,
        index: u64,
        scratch: &mut CombinatorialScratch,
        pulse: &P,
    ) -> Result<CombinatorialSums, Stopped> {
        let Self { tables, parameters, cpu, .. } = self;
        let mut sums = CombinatorialSums::default();
        match self.tiles[index as usize].clone() {
            Tile::Hard(numbers) => {
                sums.hard = d::hard_leaves(tables, numbers, parameters.segment, *cpu, &mut scratch.hard, pulse)?;
            }
            Tile::Windows(indices) => {
                for index in indices {
                    let window = self.windows.sums(tables, index, &mut scratch.windows, pulse)?;
                    sums.windows = sums.windows.combine(window);
                }
            }
            Tile::Pairs(indices) => sums.plain = a::low_leaves(tables, indices, *cpu, pulse)?,
            Tile::Triples(indices) => sums.plain = c::easy_leaves(tables, indices, pulse)?,
            Tile::Ordinary(ranks) => sums.plain = phi::ordinary_leaves(tables, ranks),
            Tile::Sigma => sums.plain = sigma::sigma(tables, pulse)?,
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests;
