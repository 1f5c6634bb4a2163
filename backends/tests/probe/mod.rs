//! A kernel that can be made to do anything.

use std::sync::atomic::{AtomicUsize, Ordering};

use primelanes_backends::{Kernel, Pulse, Stopped};

/// Lists the indices of its tiles: a partial result that shows every tile lost, doubled or out of order.
#[derive(Default)]
pub(crate) struct Probe<'a> {
    pub(crate) tiles: u64,
    pub(crate) grain: u64,
    pub(crate) panic_at: Option<u64>,
    pub(crate) panic_in_scratch: bool,
    /// Called in the tile of that index.
    pub(crate) at_tile: Option<(u64, &'a (dyn Fn() + Sync))>,
    pub(crate) at_every_tile: Option<&'a (dyn Fn() + Sync)>,
    /// How many scratches were made.
    pub(crate) scratches: AtomicUsize,
    /// How many tiles were begun.
    pub(crate) runs: AtomicUsize,
}

impl Probe<'_> {
    pub(crate) fn new(tiles: u64) -> Self {
        Self { tiles, grain: 1, ..Self::default() }
    }
}

impl Kernel for Probe<'_> {
    type Scratch = ();
    type Partial = Vec<u64>;

    fn phase(&self) -> &'static str {
        "probe"
    }

    fn tiles(&self) -> u64 {
        self.tiles
    }

    fn grain(&self) -> u64 {
        self.grain
    }

    fn scratch(&self) {
        assert!(!self.panic_in_scratch, "no scratch");
        self.scratches.fetch_add(1, Ordering::Relaxed);
    }

    fn tile<P: Pulse>(&self, index: u64, (): &mut (), pulse: &P) -> Result<Vec<u64>, Stopped> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        if let Some((_, act)) = self.at_tile.filter(|(tile, _)| *tile == index) {
            act();
        }
        if let Some(act) = self.at_every_tile {
            act();
        }
        assert!(self.panic_at != Some(index), "tile {index} is bad");
        pulse.beat()?;
        Ok(vec![index])
    }
}
