//! What one thread was at.

use std::collections::BTreeMap;
use std::fmt::Write;

use primelanes_backends::global_lock::trace::{Doing, Span};

use super::element::{Px, Svg};
use super::scale::{Length, Scale};
use super::{BOX_HEIGHT, style};
use crate::gil::trace_events::name;

/// In pixels: what is narrower is a sliver.
const NARROWEST_BOX: f64 = 1.0;

/// In pixels: a sliver that shares its column with others.
const LOWEST_SLIVER: f64 = 2.0;

/// Of a thread that does without the lock, in pixels.
const LINE: f64 = 3.0;

/// In the order in which they are drawn: what is easily missed comes last.
const KINDS: [Doing; 4] = [Doing::Wait, Doing::Detached, Doing::Hold, Doing::ForcedWait];

/// Draws the spans of one thread, with the top of the boxes at `top`.
pub(super) fn draw(svg: &mut Svg, scale: &Scale, spans: &[Span], top: f64) {
    let mut slivers = Slivers::default();
    for span in spans {
        let Some(pixels) = scale.stretch(span.from, span.to) else { continue };
        if pixels.end - pixels.start < NARROWEST_BOX {
            slivers.add(span, f64::midpoint(pixels.start, pixels.end).min(scale.pixels().end - 0.5));
            continue;
        }
        let tip =
            format!("{}, {} from {}", name(span.doing), Length(span.to.saturating_sub(span.from)), Length(span.from));
        let (above, height) = match span.doing {
            Doing::Detached => ((f64::from(BOX_HEIGHT) - LINE) / 2.0, LINE),
            _ => (0.0, BOX_HEIGHT.into()),
        };
        let place = (pixels.start, top + above, pixels.end - pixels.start, height);
        svg.rect(style::class(span.doing), place, Some(&tip));
    }
    slivers.draw(svg, top);
}

/// What is too narrow for a box of its own, by column of pixels: how much of each kind there is.
#[derive(Default)]
struct Slivers(BTreeMap<i64, [f64; KINDS.len()]>);

impl Slivers {
    fn add(&mut self, span: &Span, x: f64) {
        let kind = KINDS.iter().position(|&kind| kind == span.doing).expect("all kinds are listed");
        // The one is for what took no time: it was there too.
        let length = span.to.saturating_sub(span.from).as_nanos() as f64;
        self.0.entry(x.floor() as i64).or_default()[kind] += length + 1.0;
    }

    /// One path a kind.
    fn draw(&self, svg: &mut Svg, top: f64) {
        let mut paths = [const { String::new() }; KINDS.len()];
        for (&column, amounts) in &self.0 {
            let whole: f64 = amounts.iter().sum();
            let mut y = top;
            for ((path, amount), doing) in paths.iter_mut().zip(amounts).zip(KINDS) {
                if *amount == 0.0 {
                    continue;
                }
                let height = (f64::from(BOX_HEIGHT) * amount / whole).max(LOWEST_SLIVER);
                let (from, height) = match doing {
                    Doing::Detached => (top + (f64::from(BOX_HEIGHT) - LINE) / 2.0, LINE),
                    _ => (y.min(top + f64::from(BOX_HEIGHT) - height), height),
                };
                y += height;
                write!(path, "M{} {}v{}", Px(column as f64 + 0.5), Px(from), Px(height)).expect("a string takes it");
            }
        }
        for (path, doing) in paths.iter().zip(KINDS).filter(|(path, _)| !path.is_empty()) {
            let tip = format!("{}, too short for a box", name(doing));
            svg.path(&format!("sliver {}", style::class(doing)), path, Some(&tip));
        }
    }
}
