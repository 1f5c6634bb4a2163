//! The instruction sets that the kernels are compiled for, and the choice between them at run time.
//!
//! There is one source for the logic. It is compiled once for each set, and the compiler turns its loops into the
//! vector instructions that the set has: three-input logic and population counts of 512 bits, for one.

use std::fmt;
use std::sync::OnceLock;

use crate::Error;
use crate::environment::variable;

/// An instruction set that this CPU has. Holding the value proves that.
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
    /// The names of all sets, from the plainest on.
    pub const NAMES: [&'static str; 3] = ["portable", "avx2", "avx512"];

    /// The environment variable that chooses the set that kernels use.
    pub const VARIABLE: &'static str = "PRIMELANES_CPU";

    /// The set that kernels use: the best that the CPU has, or the one that the environment variable
    /// [`VARIABLE`](Self::VARIABLE) names. Looked up once a process.
    ///
    /// # Errors
    /// [`Error::BadVariable`] if the variable names a set that this CPU lacks, or none.
    pub fn chosen() -> Result<Self, Error> {
        static CHOSEN: OnceLock<Result<Cpu, Error>> = OnceLock::new();
        CHOSEN
            .get_or_init(|| variable(Self::VARIABLE, Self::named).map(|named| named.unwrap_or_else(Self::best)))
            .clone()
    }

    /// The best set that this CPU has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self(Set::Portable))
    }

    /// The sets that this CPU has, from the plainest on.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().filter_map(|name| Self::named(name).ok())
    }

    /// The set of that name.
    ///
    /// # Errors
    /// If this CPU lacks it, or nothing is called so.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "portable" => return Ok(Self(Set::Portable)),
            #[cfg(target_arch = "x86_64")]
            "avx2" if has_avx2() => return Ok(Self(Set::Avx2)),
            #[cfg(target_arch = "x86_64")]
            "avx512" if has_avx512() => return Ok(Self(Set::Avx512)),
            _ => {}
        }
        match Self::NAMES.into_iter().find(|&known| known == name) {
            Some(what) => Err(Error::Unavailable { what: what.into(), reason: "this CPU lacks it".into() }),
            None => Err(Error::UnknownName {
                what: "instruction set".into(),
                given: name.to_owned(),
                known: Self::NAMES.join(", "),
            }),
        }
    }

    /// Its name, as `PRIMELANES_CPU` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => Self::NAMES[0],
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => Self::NAMES[1],
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => Self::NAMES[2],
        }
    }

    /// Does the work with code compiled for this set.
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Set::Portable => work.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: only `named` makes this value, after it has seen that the CPU has these features.
            Set::Avx2 => unsafe { with_avx2(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Set::Avx512 => unsafe { with_avx512(work) },
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Work that is compiled once for each instruction set. `run` and all that it calls in loops must be
/// `#[inline(always)]`: a function that stays one of its own is compiled for the plainest set.
pub(crate) trait Work {
    type Output;

    fn run(self) -> Self::Output;
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
    fn every_set_is_had_under_its_name_or_said_to_be_lacking() {
        let lacking: Vec<_> = Cpu::NAMES.into_iter().filter(|name| Cpu::named(name).is_err()).collect();
        // Not by a macro, whose output is shown on failure only.
        drop(writeln!(std::io::stderr(), "instruction sets that this CPU lacks, skipped: {lacking:?}"));
        for name in Cpu::NAMES {
            match Cpu::named(name) {
                Ok(cpu) => assert_eq!(cpu.to_string(), name),
                Err(error) => assert_eq!(error.to_string(), format!("{name} is not available: this CPU lacks it")),
            }
        }
        let error = Cpu::named("mmx").unwrap_err().to_string();
        assert_eq!(error, "unknown instruction set 'mmx': one of portable, avx2, avx512");
    }

    #[test]
    fn the_best_set_is_the_last_that_there_is() {
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
