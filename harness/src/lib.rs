//! The **proof**: an oracle that shares no code with what it judges, the laws that every backend obeys, the article's
//! experiment, the global lock beside CPython's, and the parts of the command `primelanes`.

pub mod conformance;
pub mod experiment;
pub mod gil;
pub mod number;
pub mod oracle;
pub mod race;
pub mod statistics;
mod stopwatch;
pub mod strategies;
mod text;
