//! The sieve with any tuning, on any instruction set that this CPU has, against the oracle.

#![no_main]

use std::num::NonZeroUsize;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use primelanes_backends::algorithm::{Sieve, Tuning};
use primelanes_backends::machine::{Caches, Cpu};
use primelanes_backends::{Backend, Control, SingleThread};
use primelanes_harness::oracle;

#[derive(Debug, Arbitrary)]
struct Input {
    start: u64,
    /// How many bits to shift the start right by, so that low ranges are as likely as high ones.
    shift: u8,
    width: u16,
    cpu: u8,
    wheel: u8,
    chunk: u8,
    segment: u8,
    groups_to: u16,
    chunks_to: u16,
    buckets: Option<u16>,
}

fuzz_target!(|input: Input| {
    let start = input.start >> 20 >> (input.shift % 44);
    let range = start..=start + u64::from(input.width);
    let chunk = 64 * (1 + u32::from(input.chunk) % 16);
    let wheels = [30, 210, 2310, 30030];
    let mut tuning = Tuning::with_caches(&range, NonZeroUsize::MIN, Caches::USUAL);
    // Buckets are for one wheel.
    tuning.wheel = if input.buckets.is_some() { 210 } else { wheels[usize::from(input.wheel) % 4] };
    tuning.chunk = chunk;
    tuning.segment = chunk + 64 * (u32::from(input.segment) % 64);
    tuning.groups_to = input.groups_to.into();
    tuning.chunks_to = input.chunks_to.into();
    tuning.buckets_from = input.buckets.map_or(1 << 30, |from| (1 << 16) + 8 * u32::from(from));
    let cpus: Vec<_> = Cpu::available().collect();
    let cpu = cpus[usize::from(input.cpu) % cpus.len()];
    let sieve = Sieve::with(range.clone(), tuning, cpu, &Control::new()).expect("a valid tuning");
    let count = SingleThread.fold(&sieve, &Control::new());
    assert_eq!(count, Ok(oracle::count_window(range.clone())), "{range:?} with {tuning:?} on {cpu}");
});
