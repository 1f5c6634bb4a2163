//! The **proof**: an oracle that shares no code with what it judges, the article's experiment, and the parts of the
//! command `primelanes`.

pub mod experiment;
pub mod number;
pub mod oracle;
