//! What depends on the machine: its instruction sets, its caches, and the loops that are bare for its sake.
//!
//! The only modules of the workspace with unsafe code are [`cpu`] and [`crossing`].

mod caches;
#[expect(unsafe_code, reason = "only a call can say that the CPU has what a function was compiled for")]
mod cpu;
#[expect(unsafe_code, reason = "a bounds check at each crossing off costs a seventh of the sieve's time")]
pub(crate) mod crossing;

pub use caches::Caches;
pub use cpu::Cpu;
pub(crate) use cpu::Work;
