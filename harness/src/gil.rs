//! What a global interpreter lock does, measured three times over: in CPython itself, under [our
//! lock](primelanes_backends::Gil) on threads of the system, and in [virtual
//! time](primelanes_backends::global_lock::virtual_time).
//!
//! Each experiment is one file with the same workload for each column. What runs on a clock runs in rounds, in turn with
//! the other columns, so that a drift of the machine falls on all alike. Virtual time takes its costs from a
//! [`Calibration`], never from the runs that it is compared with.

pub mod calibration;
mod convoy;
mod cpu;
mod integrity;
pub mod interpreter;
mod io;
mod lab;
pub mod report;
mod scene;
mod stall;
pub mod timeline;
pub mod trace_events;
mod whatif;
mod workload;

pub use self::calibration::Calibration;
pub use self::convoy::convoy;
pub use self::cpu::cpu;
pub use self::integrity::integrity;
pub use self::interpreter::{Interpreter, InterpreterError};
pub use self::io::io;
pub use self::lab::{Failure, Lab};
pub use self::report::{Report, Row};
pub use self::scene::Scene;
pub use self::stall::stall;
pub use self::whatif::whatif;
