//! The parts that depend on the machine: instruction sets, caches, and the innermost loops. Not needed for simple
//! usage.
//!
//! All unsafe code of the sieve is in these files. Their interfaces are safe: with wrong arguments, the worst that can
//! happen is a panic or a wrong count.

#[expect(
    unsafe_code,
    reason = "a bounds check per multiple is slow, and the compiler does not choose the best instruction"
)]
pub(crate) mod bit_array;
mod caches;
#[expect(unsafe_code, reason = "only a run-time check can tell that the CPU has what a function was compiled for")]
mod cpu;
mod memory;
#[expect(unsafe_code, reason = "the intrinsic takes a raw pointer")]
pub(crate) mod prefetch;

pub use caches::Caches;
pub use cpu::Cpu;
pub(crate) use cpu::Work;
pub use memory::default_memory;
