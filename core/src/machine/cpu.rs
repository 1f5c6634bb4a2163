//! The instruction sets that the kernels are compiled for, and the choice between them at run time.
//!
//! The loops are written once and compiled once for each set. The compiler turns them into the vector instructions of
//! the set, such as three-input logic and population counts on 512 bits.

use std::fmt;
use std::sync::OnceLock;

use crate::Error;
use crate::environment::variable;

/// An instruction set that this CPU has. Holding a value proves that the CPU has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cpu(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Cpu {
    /// The names of all sets, from the simplest to the best.
    pub const NAMES: &'static [&'static str] = &[Self::PORTABLE, Self::AVX2, Self::AVX512];

    const PORTABLE: &'static str = "portable";
    const AVX2: &'static str = "avx2";
    const AVX512: &'static str = "avx512";

    /// The environment variable that chooses the set that kernels use.
    pub const VARIABLE: &'static str = "PRIMELANES_CPU";

    /// Returns the set that kernels use. The environment variable [`VARIABLE`](Self::VARIABLE) names it; if the
    /// variable is unset or empty, it is the best set that the CPU has. The variable is read once per process.
    ///
    /// # Errors
    /// [`Error::BadVariable`] if the variable names an unknown set, or one that this CPU lacks.
    pub fn chosen() -> Result<Self, Error> {
        static CHOSEN: OnceLock<Result<Cpu, Error>> = OnceLock::new();
        CHOSEN
            .get_or_init(|| variable(Self::VARIABLE, Self::named).map(|named| named.unwrap_or_else(Self::best)))
            .clone()
    }

    /// Returns the best set that this CPU has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self(Set::Portable))
    }

    /// Returns the sets that this CPU has, from the simplest to the best.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().filter_map(|name| Self::detect(name))
    }

    /// Returns the set of this name.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if this CPU lacks the set; [`Error::UnknownName`] if there is no set of this name.
    pub fn named(name: &str) -> Result<Self, Error> {
        Self::detect(name).ok_or_else(|| match Self::NAMES.iter().find(|&&known| known == name) {
            Some(lacking) => unavailable(lacking, Self::available()),
            None => Error::UnknownName {
                what: "instruction set".into(),
                given: name.to_owned(),
                known: Self::NAMES.join(", "),
            },
        })
    }

    /// Returns the name of the set, as `PRIMELANES_CPU` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => Self::PORTABLE,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => Self::AVX2,
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => Self::AVX512,
        }
    }

    /// Returns the set of this name, if this CPU has it. Only this function makes values of this type, apart from the
    /// portable set.
    fn detect(name: &str) -> Option<Self> {
        match name {
            Self::PORTABLE => Some(Self(Set::Portable)),
            #[cfg(target_arch = "x86_64")]
            Self::AVX2 => has_avx2().then_some(Self(Set::Avx2)),
            #[cfg(target_arch = "x86_64")]
            Self::AVX512 => has_avx512().then_some(Self(Set::Avx512)),
            _ => None,
        }
    }

    /// Runs the work with code that is compiled for this set.
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Set::Portable => work.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: only `detect` makes this value, after `has_avx2` has seen the features of `with_avx2`.
            Set::Avx2 => unsafe { with_avx2(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: only `detect` makes this value, after `has_avx512` has seen the features of `with_avx512`.
            Set::Avx512 => unsafe { with_avx512(work) },
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Work that is compiled once for each instruction set. `run`, and everything that it calls in loops, must be
/// `#[inline(always)]`: a function that is not inlined is compiled for the portable set.
pub(crate) trait Work {
    type Output;

    fn run(self) -> Self::Output;
}

fn unavailable(lacking: &'static str, available: impl Iterator<Item = Cpu>) -> Error {
    let available: Vec<_> = available.map(Cpu::name).collect();
    let reason = format!("this CPU supports only {}", available.join(", "));
    Error::Unavailable { what: lacking.into(), reason }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt") && has!("lzcnt")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has_avx2() && has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") && has!("avx512vpopcntdq")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
fn with_avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn every_set_is_available_under_its_name_or_reported_as_lacking() {
        let lacking = |name: &&&str| Cpu::named(name).is_err();
        // The test harness captures the output of `eprintln!`, and shows it only if the test fails.
        let skipped: Vec<_> = Cpu::NAMES.iter().filter(lacking).collect();
        drop(writeln!(std::io::stderr(), "instruction sets that this CPU lacks, skipped: {skipped:?}"));
        for &name in Cpu::NAMES {
            match Cpu::named(name) {
                Ok(cpu) => assert_eq!(cpu.to_string(), name),
                Err(error) => assert_eq!(error, unavailable(name, Cpu::available())),
            }
        }
        let error = Cpu::named("mmx").unwrap_err().to_string();
        assert_eq!(error, "unknown instruction set 'mmx': expected one of portable, avx2, avx512");
    }

    #[test]
    fn an_error_lists_the_sets_that_are_available() {
        let error = unavailable("avx512", [Cpu(Set::Portable)].into_iter()).to_string();
        assert_eq!(error, "avx512 is not available: this CPU supports only portable");
    }

    #[test]
    fn the_best_set_is_the_last_that_is_available() {
        let names: Vec<_> = Cpu::available().map(Cpu::name).collect();
        assert!(Cpu::NAMES.starts_with(&names), "{names:?}");
        assert_eq!(Cpu::best().name(), names[names.len() - 1]);
    }

    #[test]
    fn work_is_done_on_every_set() {
        struct Sum(u64);
        impl Work for Sum {
            type Output = u64;
            fn run(self) -> u64 {
                (0..=self.0).sum()
            }
        }
        for cpu in Cpu::available() {
            assert_eq!(cpu.run(Sum(100)), 5050);
        }
    }
}
