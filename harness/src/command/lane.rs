//! The options that choose a lane.

use std::num::NonZeroUsize;

use primelanes_backends::environment::variable;
use primelanes_backends::{BackendKind, available_workers};

use super::at_least_one;

#[derive(Debug, clap::Args)]
pub(super) struct LaneArgs {
    /// The lane: a name that `primelanes backends` lists, or auto [default: `PRIMELANES_BACKEND` or auto]
    #[arg(long, value_name = "NAME", value_parser = str::parse::<BackendKind>)]
    backend: Option<BackendKind>,

    /// The number of workers [default: `PRIMELANES_WORKERS` or the number of cores, up to the lane's maximum]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    workers: Option<NonZeroUsize>,
}

impl LaneArgs {
    /// Returns the backend and its number of workers.
    ///
    /// # Errors
    /// If an environment variable has a value that cannot be used.
    pub(super) fn choose(&self) -> anyhow::Result<(BackendKind, NonZeroUsize)> {
        let backend = self.backend.map_or_else(BackendKind::from_env, Ok)?;
        Ok((backend, self.workers_of(backend)?))
    }

    /// A number that was asked for must fit the lane. A default is for all lanes, so it is cut to this one's maximum.
    fn workers_of(&self, backend: BackendKind) -> anyhow::Result<NonZeroUsize> {
        if let Some(workers) = self.workers {
            return Ok(workers);
        }
        let default = variable("PRIMELANES_WORKERS", at_least_one)?.unwrap_or_else(available_workers);
        Ok(default.min(backend.max_workers()))
    }
}
