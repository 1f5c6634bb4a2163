//! pi(x) without sieving to x: the combinatorial method.
//!
//! phi(x, a) is the number of integers from 1 to x that none of the first a primes divides. Let y lie between x^(1/3)
//! and the square root of x, and let a = pi(y). Then
//!
//! ```text
//! pi(x) = phi(x, a) + a - 1 - P2     P2 = sum of pi(x / p) - pi(p) + 1 over the primes p with y < p <= sqrt(x)
//! ```
//!
//! The recurrence phi(x, b) = phi(x, b - 1) - phi(x / p, b - 1), with p the b-th prime, turns phi(x, a) into a sum over
//! the leaves of a tree. Each part of the sum has a file of its own:
//!
//! | part | what it is | time, about |
//! |---|---|---|
//! | Phi0 ([`phi`]) | ordinary leaves: mu(n) phi(x / n, 8) for n <= y | y |
//! | D ([`d`]) | hard leaves, counted in a sieve up to x / y | x^(2/3) / log^2 x, and the sieve |
//! | A ([`a`]) | easy leaves x / (p q) with two primes, found in a table of pi | x^(2/3) / log^2 x |
//! | C ([`c`]) | easy leaves x / (p q r) with three primes | little |
//! | B ([`b`]) | the sum of pi(x / p) in P2, and the leaves of A above the table | x / y log log x |
//! | Sigma ([`sigma`]) | everything that depends only on pi up to y | x^(1/3) |
//!
//! The split is X. Gourdon's (see [`pairs`] for the source), with two simplifications. If y is at least x^(2/5), then
//! two thresholds suffice: y, and the fourth root of x, above which no prime has hard leaves. And his symmetry for the
//! leaves with two primes holds for all of them that are easy, so that C only holds products of three primes.
//!
//! All parts are tiles of one kernel. The result of a tile counts from the tile's own start, and is moved when results
//! are [combined](sums). So a tile needs nothing from other tiles, and runs anywhere.
//!
//! Memory: [`Tables`] takes about 0.55 y bytes, and 12 bytes per prime up to x^(2/5). A worker takes less than 1 MB, and
//! some bytes per prime up to sqrt(x / y).

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
use crate::{Error, JobSpec, Kernel, Monoid, Pulse, Stopped, guard};

const PHASE: &str = "pi(x)";

/// Counts the primes up to x by the combinatorial method. [`count`](Self::count) turns the folded result into pi(x).
///
/// ```
/// use primelanes_core::algorithm::{Combinatorial, Parameters};
/// use primelanes_core::machine::Cpu;
/// use primelanes_core::{Control, Kernel, fold_tiles};
///
/// let x = 1_000_000_000_000;
/// let control = Control::new();
/// let kernel = Combinatorial::with(x, Parameters::for_x(x), Cpu::chosen()?, &control)?;
/// let sums = fold_tiles(&kernel, 0..kernel.tiles(), &mut kernel.scratch(), &control);
/// assert_eq!(sums.map(|sums| kernel.count(&sums)), Ok(37_607_912_018));
/// # Ok::<(), primelanes_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Combinatorial {
    parameters: Parameters,
    tables: Tables,
    windows: Windows,
    tiles: Vec<Tile>,
    cpu: Cpu,
}

impl Combinatorial {
    /// Creates the kernel for an x from 1024 to 2^80 - 1. The constructor builds the tables, and beats the pulse
    /// meanwhile.
    ///
    /// # Errors
    /// - [`Error::OutOfRange`] if x is larger.
    /// - [`Error::BadTuning`] if x is smaller, or if [`Parameters::check`] rejects the parameters.
    /// - [`Error::OutOfMemory`] if there is no memory for the tables.
    /// - [`Error::Cancelled`] if the pulse was stopped.
    pub fn with<P: Pulse>(x: u128, parameters: Parameters, cpu: Cpu, pulse: &P) -> Result<Self, Error> {
        Self::check(x, &parameters)?;
        guard(PHASE, || Self::build(x, parameters, cpu, pulse).map_err(|Stopped| Error::Cancelled))
    }

    fn build<P: Pulse>(x: u128, parameters: Parameters, cpu: Cpu, pulse: &P) -> Result<Self, Stopped> {
        let tables = Tables::new(x, parameters.y, pulse)?;
        let windows = Windows::new(&tables, parameters.window, cpu);
        let tiles = tiles::all(&tables, &parameters, windows.count(), pulse)?;
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
    ///
    /// # Panics
    /// If the total is negative, which the sums of all tiles never are.
    #[must_use]
    pub fn count(&self, sums: &CombinatorialSums) -> u128 {
        u128::try_from(sums.total(self.tables.a)).expect("pi(x) is not negative")
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
