//! Experiments that show what a global interpreter lock does. Each has three columns: CPython itself, [our
//! lock](primelanes_backends::Gil) on real threads, and [virtual time](primelanes_backends::global_lock::virtual_time).
//!
//! Each experiment has its own file, and the same workload for every column. The columns that run on a clock take turns
//! in rounds, so that drift of the machine affects both alike. Virtual time takes its costs from a [`Calibration`], and
//! uses nothing from the runs that it is compared with.

pub(crate) mod calibration;
mod convoy;
mod cpu;
mod failure;
mod integrity;
pub(crate) mod interpreter;
mod io;
mod lab;
mod regimes;
pub(crate) mod report;
mod requests;
mod scene;
mod stall;
pub(crate) mod timeline;
pub(crate) mod trace_events;
mod units;
#[cfg(feature = "command")]
mod whatif;
mod workload;

pub(crate) use self::calibration::Calibration;
pub(crate) use self::convoy::convoy;
pub(crate) use self::cpu::cpu;
pub(crate) use self::failure::Failure;
pub(crate) use self::integrity::integrity;
pub(crate) use self::interpreter::{Interpreter, InterpreterError};
pub(crate) use self::io::io;
pub(crate) use self::lab::Lab;
pub(crate) use self::regimes::{CHECKS, OVERHEAD, measured_overhead};
pub(crate) use self::report::{Report, Row};
pub(crate) use self::scene::Scene;
pub(crate) use self::stall::stall;
#[cfg(feature = "command")]
pub(crate) use self::whatif::whatif;
