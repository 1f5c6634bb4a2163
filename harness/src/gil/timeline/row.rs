//! Draws the row of a thread: its state over time.

use std::collections::BTreeMap;
use std::fmt::Write;

use primelanes_backends::global_lock::trace::{Doing, Span};

use super::element::{Px, Svg};
use super::scale::{Length, Scale};
use super::{BOX_HEIGHT, style};
use crate::gil::trace_events::name;

/// The minimum width of a box in pixels. A narrower span is a sliver.
const MIN_BOX: f64 = 1.0;

/// The minimum height in pixels of a sliver that shares its column with others.
const MIN_SLIVER: f64 = 2.0;

/// The height in pixels of a detached span.
const DETACHED_HEIGHT: f64 = 3.0;

/// The kinds of spans in drawing order. Kinds that are easily missed come last, on top.
const KINDS: [Doing; 4] = [Doing::Wait, Doing::Detached, Doing::Hold, Doing::ForcedWait];

/// Draws the spans of a thread in boxes whose top is `top`.
pub(super) fn draw(svg: &mut Svg, scale: &Scale, spans: &[Span], top: f64) {
    let mut slivers = Slivers::default();
    for span in spans {
        let Some(pixels) = scale.stretch(span.from, span.to) else { continue };
        if pixels.end - pixels.start < MIN_BOX {
            slivers.add(span, f64::midpoint(pixels.start, pixels.end).min(scale.pixels().end - 0.5));
            continue;
        }
        let tip =
            format!("{}, {} from {}", name(span.doing), Length(span.to.saturating_sub(span.from)), Length(span.from));
        let (above, height) = match span.doing {
            Doing::Detached => ((f64::from(BOX_HEIGHT) - DETACHED_HEIGHT) / 2.0, DETACHED_HEIGHT),
            _ => (0.0, BOX_HEIGHT.into()),
        };
        let place = (pixels.start, top + above, pixels.end - pixels.start, height);
        svg.rect(style::class(span.doing), place, Some(&tip));
    }
    slivers.draw(svg, top);
}

/// The spans too narrow for a box: the amount of each kind, by column of pixels.
#[derive(Default)]
struct Slivers(BTreeMap<i64, [f64; KINDS.len()]>);

impl Slivers {
    fn add(&mut self, span: &Span, x: f64) {
        let kind = KINDS.iter().position(|&kind| kind == span.doing).expect("all kinds are listed");
        // The 1 makes spans without length visible too.
        let length = span.to.saturating_sub(span.from).as_nanos() as f64;
        self.0.entry(x.floor() as i64).or_default()[kind] += length + 1.0;
    }

    /// Draws a path for each kind.
    fn draw(&self, svg: &mut Svg, top: f64) {
        let mut paths = [const { String::new() }; KINDS.len()];
        for (&column, amounts) in &self.0 {
            let whole: f64 = amounts.iter().sum();
            let mut y = top;
            for ((path, amount), doing) in paths.iter_mut().zip(amounts).zip(KINDS) {
                if *amount == 0.0 {
                    continue;
                }
                let height = (f64::from(BOX_HEIGHT) * amount / whole).max(MIN_SLIVER);
                let (from, height) = match doing {
                    Doing::Detached => (top + (f64::from(BOX_HEIGHT) - DETACHED_HEIGHT) / 2.0, DETACHED_HEIGHT),
                    _ => (y.min(top + f64::from(BOX_HEIGHT) - height), height),
                };
                y += height;
                write!(path, "M{} {}v{}", Px(column as f64 + 0.5), Px(from), Px(height))
                    .expect("writing to a string does not fail");
            }
        }
        for (path, doing) in paths.iter().zip(KINDS).filter(|(path, _)| !path.is_empty()) {
            let tip = format!("{}, too short for a box", name(doing));
            svg.path(&format!("sliver {}", style::class(doing)), path, Some(&tip));
        }
    }
}
