//! Estimates how long a tile takes, so that even the first runs have about the right length.

use std::cell::Cell;
use std::ops::Range;
use std::time::{Duration, Instant};

use primelanes_core::{Error, Kernel, Pulse, Stopped, Watch};

/// The time that the estimate may take.
const LIMIT: Duration = Duration::from_millis(10);

/// The largest number of tiles to run.
const TILES: u32 = 16;

/// Reading the clock takes longer than some kernels work between two beats, so only one beat in this many does it.
const BEATS_PER_LOOK: u8 = 16;

/// The golden ratio. Steps of this fraction of the range spread evenly, however many there are.
const STEP: f64 = 0.618_033_988_749_895;

/// Returns about how long a tile takes on one thread, or `None` if it takes longer than the limit. Runs some of the tiles on
/// this thread, and drops their results.
///
/// # Errors
/// The cause, if the watch was stopped.
pub(super) fn tile_time<K: Kernel>(
    kernel: &K,
    tiles: &Range<u64>,
    watch: &Watch<'_>,
) -> Result<Option<Duration>, Error> {
    let count = tiles.end.saturating_sub(tiles.start);
    if count == 0 {
        return Ok(None);
    }
    let mut scratch = kernel.scratch();
    let clock = Clock { watch, start: Instant::now(), beats: Cell::new(0) };
    let mut done = 0;
    while done < TILES && !clock.is_over() {
        let place = (f64::from(done) + 0.5) * STEP % 1.0;
        let index = tiles.start + ((count as f64 * place) as u64).min(count - 1);
        if kernel.tile(index, &mut scratch, &clock).is_err() {
            break;
        }
        done += 1;
    }
    watch.check().map_err(|Stopped| watch.cause())?;
    Ok((done > 0).then(|| clock.start.elapsed() / done))
}

/// Stops a tile when the time is over.
struct Clock<'a> {
    watch: &'a Watch<'a>,
    start: Instant,
    beats: Cell<u8>,
}

impl Clock<'_> {
    fn is_over(&self) -> bool {
        self.start.elapsed() >= LIMIT
    }
}

impl Pulse for Clock<'_> {
    fn beat(&self) -> Result<(), Stopped> {
        let beats = self.beats.get();
        self.beats.set((beats + 1) % BEATS_PER_LOOK);
        if beats == 0 && self.is_over() { Err(Stopped) } else { self.watch.check() }
    }
}

#[cfg(test)]
mod tests {
    use primelanes_core::Control;
    use primelanes_core::probe::{Probe, Trouble};

    use super::*;

    fn tile_time(probe: &Probe) -> Option<Duration> {
        let tiles = 0..probe.tiles;
        super::tile_time(probe, &tiles, &Control::new().watch(probe, &tiles)).unwrap()
    }

    #[test]
    fn the_time_of_a_tile_is_estimated_in_a_short_time() {
        assert_eq!(tile_time(&Probe::new(0)), None);
        let start = Instant::now();
        let slow = Probe { pause: Duration::from_millis(2), ..Probe::new(1000) };
        assert!(tile_time(&slow) >= Some(Duration::from_millis(2)));
        let long = Probe { trouble: Some(Trouble::Work(0, Duration::from_secs(1000))), ..Probe::new(1) };
        assert_eq!(tile_time(&long), None);
        assert!(start.elapsed() < Duration::from_secs(100));
    }
}
