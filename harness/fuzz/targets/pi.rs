//! pi(x) by the combinatorial method with any parameters, on any instruction set that this CPU has, against the readable
//! reference.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use primelanes_backends::algorithm::{Combinatorial, Parameters, pi_by_lucy};
use primelanes_backends::machine::Cpu;
use primelanes_backends::{Backend, Control, SingleThread};

/// The smallest number that the method counts to.
const LEAST: u64 = 1024;

/// The largest number here. The reference takes 0.1 s for it.
const MOST: u64 = 10_000_000_000;

#[derive(Debug, Arbitrary)]
struct Input {
    x: u64,
    /// Removes this many bits from x, so that small numbers are as likely as large ones.
    shift: u8,
    y: u64,
    segment: u16,
    window: u16,
    tiles: u16,
    cpu: u8,
}

fuzz_target!(|input: Input| {
    let x = (input.x % (MOST + 1) >> (input.shift % 24)).max(LEAST);
    let mut parameters = Parameters::for_x(x.into());
    // Alpha is clamped, so these are the bounds of y.
    let [least, most] = [0.0, f64::INFINITY].map(|alpha| parameters.with_alpha(x.into(), alpha).y);
    parameters.y = least + input.y % (most - least + 1);
    parameters.segment = 512 * (1 + u32::from(input.segment) % 256);
    parameters.window = 64 * (1 + u32::from(input.window) % 512);
    parameters.tiles = 1 + u32::from(input.tiles);
    let cpus: Vec<_> = Cpu::available().collect();
    let cpu = cpus[usize::from(input.cpu) % cpus.len()];

    let kernel = Combinatorial::with(x.into(), parameters, cpu, &Control::new()).expect("valid parameters");
    let count = SingleThread.fold(&kernel, &Control::new()).map(|sums| kernel.count(&sums));
    assert_eq!(count, Ok(pi_by_lucy(x).into()), "pi({x}) with {parameters:?} on {cpu}");
});
