//! Draws recordings as a picture, with a row for each thread that shows its state over time.

use std::ops::Range;
use std::time::Duration;

use self::element::Svg;
use self::scale::Scale;
use super::Scene;

mod arrows;
mod element;
mod row;
mod scale;
mod steps;
mod style;
#[cfg(test)]
mod tests;

/// Sizes in pixels. A panel has a row for each thread.
const WIDTH: u32 = 860;
const MARGIN: f64 = 14.0;
/// The space to the left and to the right of the time axis.
const LEFT: u32 = 128;
const RIGHT: u32 = 22;
const LEGEND_HEIGHT: u32 = 58;
const TITLE_HEIGHT: u32 = 34;
const ROW_HEIGHT: u32 = 34;
/// A row has room for arrows above its box.
const BOX_TOP: u32 = 14;
const BOX_HEIGHT: u32 = 16;
const STEPS_HEIGHT: u32 = 34;
/// The axis has room for a note below.
const AXIS_HEIGHT: u32 = 40;
const GAP: u32 = 8;

/// The number of letters of a title and of a thread name that fit.
const MAX_TITLE: usize = 86;
const MAX_NAME: usize = 15;

pub(crate) use self::style::STYLE;

/// Draws the picture as an SVG file, with a panel for each scene, all on the same scale. It shows the part in the
/// window. Without a window, it shows everything to the end of the longest recording.
///
/// Spans too short for a box become hairlines. If many of them lie in one pixel, they share its height in proportion to
/// their time, so that the size of the picture does not grow with the recording.
pub(crate) fn timeline(scenes: &[Scene], window: Option<Range<Duration>>) -> String {
    draw(scenes, window, STYLE)
}

/// Draws the same picture for a page that contains [`STYLE`] once, in an SVG of its own.
pub(crate) fn timeline_on_a_page(scenes: &[Scene], window: Option<Range<Duration>>) -> String {
    draw(scenes, window, "")
}

fn draw(scenes: &[Scene], window: Option<Range<Duration>>, style: &str) -> String {
    let end = scenes.iter().map(|scene| scene.recording.end()).max().unwrap_or_default();
    let scale = Scale::new(window.unwrap_or(Duration::ZERO..end), LEFT, WIDTH - RIGHT);
    let panels: u32 = scenes.iter().map(panel_height).sum();
    let titles: Vec<&str> = scenes.iter().map(|scene| scene.title.as_str()).collect();
    let label = format!("Who holds the lock and who waits for it, over time: {}", titles.join("; "));
    let mut svg = Svg::new(WIDTH, LEGEND_HEIGHT + panels.max(ROW_HEIGHT), &label, style);
    legend(&mut svg);
    if scenes.is_empty() {
        svg.text("note", LEFT.into(), f64::from(LEGEND_HEIGHT) + 10.0, "Nothing was recorded.");
    }
    let mut top = LEGEND_HEIGHT;
    for scene in scenes {
        panel(&mut svg, &scale, scene, top.into());
        top += panel_height(scene);
    }
    svg.finish()
}

fn panel_height(scene: &Scene) -> u32 {
    let rows = scene.recording.threads.len().max(1) as u32;
    let strip = if scene.recording.entries.is_empty() { 0 } else { STEPS_HEIGHT + AXIS_HEIGHT };
    TITLE_HEIGHT + ROW_HEIGHT * rows + strip + GAP
}

fn panel(svg: &mut Svg, scale: &Scale, scene: &Scene, top: f64) {
    let recording = &scene.recording;
    svg.shortened("title", (MARGIN, top + 20.0), &scene.title, MAX_TITLE);
    let rows = top + f64::from(TITLE_HEIGHT);
    if recording.entries.is_empty() {
        svg.text("note", LEFT.into(), rows + 18.0, "Nothing was recorded.");
        return;
    }
    let row_top = |thread: usize| rows + (ROW_HEIGHT as usize * thread) as f64;
    let steps = row_top(recording.threads.len());
    let axis = steps + f64::from(STEPS_HEIGHT);
    scale.draw_grid(svg, rows, axis);
    for (thread, name) in recording.threads.iter().enumerate() {
        svg.shortened("name", (MARGIN, row_top(thread) + 26.5), name, MAX_NAME);
    }
    for spans in recording.spans().chunk_by(|span, next| span.thread == next.thread) {
        row::draw(svg, scale, spans, row_top(spans[0].thread) + f64::from(BOX_TOP));
    }
    steps::draw(svg, scale, &recording.waiters(), steps);
    scale.draw_axis(svg, axis, f64::from(WIDTH) - 4.0);
    let undrawn = arrows::draw(svg, scale, recording, &|thread| row_top(thread) + f64::from(BOX_TOP));
    let later = (recording.left_out > 0).then(|| format!("{} later events are not recorded", recording.left_out));
    let marks = (undrawn > 0).then(|| format!("{undrawn} requests are too many to draw"));
    let notes: Vec<String> = marks.into_iter().chain(later).collect();
    if !notes.is_empty() {
        svg.text("note end", f64::from(WIDTH - RIGHT), axis + 36.0, &notes.join("; "));
    }
}

fn legend(svg: &mut Svg) {
    let (top, middle) = (14.0, 14.0 + 6.0);
    let boxes = [
        ("hold", "has the lock", MARGIN),
        ("wait", "waits for the lock", 132.0),
        ("forced", "dropped it on request: waits for the switch", 278.0),
        ("detached", "runs without it: I/O, native code", 598.0),
    ];
    for (class, text, left) in boxes {
        let (from, height) = if class == "detached" { (middle - 1.5, 3.0) } else { (top, 12.0) };
        svg.rect(class, (left, from, 18.0, height), None);
        svg.text("key", left + 24.0, middle + 4.0, text);
    }
    let lower = middle + 22.0;
    svg.circle("request", (23.0, lower), arrows::MARK, None);
    svg.text("key", 38.0, lower + 4.0, "requests the lock: a drop request");
    svg.path("arrow", &format!("M278 {lower}H294"), None);
    svg.text("key", 302.0, lower + 4.0, "the switch that followed");
    svg.circle("refrained", (607.0, lower), arrows::MARK, None);
    svg.text("key", 622.0, lower + 4.0, "suppressed: a switch came first");
}
