//! Draws the number of waiting threads over time.

use std::fmt::Write;
use std::time::Duration;

use super::element::{Px, Svg};
use super::scale::Scale;
use super::{LEFT, MARGIN, STEPS_HEIGHT};

/// The space above the steps, in pixels.
const AIR: f64 = 10.0;

/// Draws the number of waiters over time in a strip whose top is `top`.
pub(super) fn draw(svg: &mut Svg, scale: &Scale, changes: &[(Duration, usize)], top: f64) {
    let max = changes.iter().map(|change| change.1).max().unwrap_or(0);
    let bottom = top + f64::from(STEPS_HEIGHT);
    svg.text("name", MARGIN, bottom - 8.0, "waiting");
    if max == 0 {
        return;
    }
    svg.text("tick end", f64::from(LEFT) - 6.0, top + AIR + 8.0, &max.to_string());
    let height = |waiters: usize| bottom - (bottom - top - AIR) * waiters as f64 / max as f64;
    svg.path("steps", &outline(scale, changes, bottom, &height), None);
}

/// Returns the outline of the steps, closed along the bottom. A column of pixels with several changes shows the minimum
/// and maximum of its waiters.
fn outline(scale: &Scale, changes: &[(Duration, usize)], bottom: f64, height: &dyn Fn(usize) -> f64) -> String {
    let (left, right) = (scale.pixels().start, scale.pixels().end);
    let before = changes.partition_point(|change| scale.x(change.0) < left);
    let shown = &changes[before..];
    let shown = &shown[..shown.partition_point(|change| scale.x(change.0) <= right)];
    let mut waiters = before.checked_sub(1).map_or(0, |last| changes[last].1);
    let mut path = format!("M{} {}V{}", Px(left), Px(bottom), Px(height(waiters)));
    for column in shown.chunk_by(|one, next| scale.x(one.0) as i64 == scale.x(next.0) as i64) {
        let counts = || column.iter().map(|change| change.1).chain([waiters]);
        let (min, max) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let after = column[column.len() - 1].1;
        write!(path, "H{}", Px(scale.x(column[0].0))).expect("writing to a string does not fail");
        if column.len() > 1 {
            write!(path, "V{}V{}", Px(height(min)), Px(height(max))).expect("writing to a string does not fail");
        }
        write!(path, "V{}", Px(height(after))).expect("writing to a string does not fail");
        waiters = after;
    }
    write!(path, "H{}V{}Z", Px(right), Px(bottom)).expect("writing to a string does not fail");
    path
}
