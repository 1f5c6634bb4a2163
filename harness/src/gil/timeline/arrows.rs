//! Draws the requests for the lock, and the switches that followed, as arrows.

use std::fmt::Write;

use primelanes_backends::global_lock::trace::{Entry, Recording, Request, What};

use super::BOX_HEIGHT;
use super::element::{Px, Svg};
use super::scale::{Length, Scale};

/// The radius of a mark in pixels. The mark lies to the left of its time, over the wait, so that it hides nothing that
/// follows.
pub(super) const MARK: f64 = 2.6;

/// The largest number of marks in a panel. With more, the arrows could not be told apart.
const MAX_MARKS: usize = 160;

/// How far above the boxes an arrow rises, and how far into the box of the answer it lands, in pixels. Without this,
/// the arrow of an immediate answer would be invisible.
const RISE: f64 = 11.0;
const LANDING: f64 = 3.5;

/// Draws the requests of a recording, or none if there are too many. Returns the number of requests that were not
/// drawn. `top` gives the top of the boxes of a thread.
pub(super) fn draw(svg: &mut Svg, scale: &Scale, recording: &Recording, top: &dyn Fn(usize) -> f64) -> usize {
    let refrained = recording.entries.iter().filter(|entry| entry.what == What::Refrains && scale.shows(entry.at));
    let mut requests = recording.requests();
    requests.retain(|request| scale.shows(request.at));
    let marks = requests.len() + refrained.clone().count();
    if marks > MAX_MARKS {
        return marks;
    }
    let mark = |at, thread| ((scale.x(at) - MARK).max(scale.pixels().start), top(thread) + f64::from(BOX_HEIGHT) / 2.0);
    for &Entry { at, thread, .. } in refrained {
        let tip = format!("{} makes no request, {}", recording.threads[thread], Length(at));
        svg.circle("refrained", mark(at, thread), MARK, Some(&tip));
    }
    for Request { at, by, answer } in requests {
        let mut tip = format!("{} requests the lock, {}", recording.threads[by], Length(at));
        if let Some((answered, taker)) = answer {
            let to = (scale.x(answered).min(scale.pixels().end), top(taker));
            svg.path("arrow", &curve(mark(at, by), to, by == taker), None);
            let (taker, later) = (&recording.threads[taker], Length(answered.saturating_sub(at)));
            write!(tip, "; {taker} takes the lock {later} later").expect("writing to a string does not fail");
        }
        svg.circle("request", mark(at, by), MARK, Some(&tip));
    }
    0
}

/// Returns the path from a mark to the box whose upper left corner is `to`: an arc over the row, or an S from row to
/// row.
fn curve(mark: (f64, f64), to: (f64, f64), same_row: bool) -> String {
    let height = f64::from(BOX_HEIGHT);
    let points = if same_row {
        let (above, landing) = (to.1 - RISE, to.0 + LANDING);
        [mark, (mark.0, above), (landing, above), (landing, to.1 + 2.0)]
    } else {
        let end = if to.1 > mark.1 { to.1 } else { to.1 + height };
        let bend = 0.6 * (end - mark.1);
        [mark, (mark.0, mark.1 + bend), (to.0, end - bend), (to.0, end)]
    };
    let [start, first, second, end] = points.map(|(x, y)| format!("{} {}", Px(x), Px(y)));
    format!("M{start}C{first} {second} {end}")
}
