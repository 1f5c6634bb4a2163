//! How many threads wait.

use std::fmt::Write;
use std::time::Duration;

use super::element::{Px, Svg};
use super::scale::Scale;
use super::{LEFT, MARGIN, STEPS_HEIGHT};

/// Above the steps, in pixels.
const AIR: f64 = 10.0;

/// Draws the number of waiters from each change on, in a strip whose upper edge is at `top`.
pub(super) fn draw(svg: &mut Svg, scale: &Scale, changes: &[(Duration, usize)], top: f64) {
    let most = changes.iter().map(|change| change.1).max().unwrap_or(0);
    let bottom = top + f64::from(STEPS_HEIGHT);
    svg.text("name", MARGIN, bottom - 8.0, "waiting");
    if most == 0 {
        return;
    }
    svg.text("tick end", f64::from(LEFT) - 6.0, top + AIR + 8.0, &most.to_string());
    let height = |waiters: usize| bottom - (bottom - top - AIR) * waiters as f64 / most as f64;
    svg.path("steps", &outline(scale, changes, bottom, &height), None);
}

/// The steps between the edges, closed along the bottom. A column of pixels with many changes shows the fewest and the
/// most waiters that it had.
fn outline(scale: &Scale, changes: &[(Duration, usize)], bottom: f64, height: &dyn Fn(usize) -> f64) -> String {
    let (left, right) = (scale.pixels().start, scale.pixels().end);
    let before = changes.partition_point(|change| scale.x(change.0) < left);
    let shown = &changes[before..];
    let shown = &shown[..shown.partition_point(|change| scale.x(change.0) <= right)];
    let mut waiters = before.checked_sub(1).map_or(0, |last| changes[last].1);
    let mut path = format!("M{} {}V{}", Px(left), Px(bottom), Px(height(waiters)));
    for column in shown.chunk_by(|one, next| scale.x(one.0) as i64 == scale.x(next.0) as i64) {
        let counts = || column.iter().map(|change| change.1).chain([waiters]);
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let after = column[column.len() - 1].1;
        write!(path, "H{}", Px(scale.x(column[0].0))).expect("a string takes it");
        if column.len() > 1 {
            write!(path, "V{}V{}", Px(height(least)), Px(height(most))).expect("a string takes it");
        }
        write!(path, "V{}", Px(height(after))).expect("a string takes it");
        waiters = after;
    }
    write!(path, "H{}V{}Z", Px(right), Px(bottom)).expect("a string takes it");
    path
}
