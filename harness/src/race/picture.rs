//! The picture of a race: speed-up by number of workers, and every sample.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::{LaneReport, Report};

/// Sizes in pixels. The strip of samples has a row for each lane.
const WIDTH: u32 = 860;
const CHART_HEIGHT: u32 = 380;
const ROW_HEIGHT: u32 = 24;

/// The largest number of labels. More would overlap.
const MAX_TICKS: usize = 20;

const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(36, 41, 47);
const FAINT: RGBColor = RGBColor(208, 215, 222);

/// A colour for each backend, which colour-blind readers can tell apart. Source: M. Okabe and K. Ito, "Color universal
/// design" (2008).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
];

/// Dark mode swaps paper and ink.
const DARK: &str = "<style>@media (prefers-color-scheme: dark) {
[fill=\"#FFFFFF\"] { fill: #0D1117 } [fill=\"#24292F\"] { fill: #E6EDF3 } [stroke=\"#24292F\"] { stroke: #E6EDF3 }
[fill=\"#D0D7DE\"] { fill: #30363D } [stroke=\"#D0D7DE\"] { stroke: #30363D }
}</style>";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

impl Report {
    /// Draws the picture as an SVG file. The upper part shows the speed-up over the fastest lane with one worker by
    /// number of workers, with 95 % intervals and the ideal line. The lower part shows each sample as a dot, and the
    /// median as a bar.
    pub(crate) fn svg(&self) -> String {
        let mut svg = String::new();
        self.draw(&mut svg).expect("drawing into memory does not fail");
        let after_tag = svg.find("<svg").and_then(|tag| Some(tag + svg[tag..].find('>')? + 1));
        svg.insert_str(after_tag.expect("the text is an SVG"), DARK);
        svg
    }

    fn draw(&self, svg: &mut String) -> Drawn {
        let strip_height = ROW_HEIGHT * self.lanes.len() as u32 + 90;
        let root = SVGBackend::with_string(svg, (WIDTH, CHART_HEIGHT + strip_height)).into_drawing_area();
        root.fill(&PAPER)?;
        let (chart, strip) = root.split_vertically(CHART_HEIGHT);
        self.draw_speedups(&chart)?;
        self.draw_samples(&strip)?;
        root.present()?;
        Ok(())
    }

    fn draw_speedups(&self, area: &Area<'_>) -> Drawn {
        let max_workers = self.lanes.iter().map(|lane| lane.workers).max().unwrap_or(1) as f64;
        let ends = self
            .lanes
            .iter()
            .filter_map(|lane| lane.speedup)
            .map(|speedup| speedup.interval.map_or(speedup.value, |ends| ends.1));
        let ideal_end = max_workers.min(self.cores as f64);
        let top = 1.1 * ends.fold(ideal_end, f64::max);
        let title = format!("Primes up to {} by {}", self.stop, self.algorithm);
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 18, &INK))
            .margin(14)
            .x_label_area_size(38)
            .y_label_area_size(46)
            .build_cartesian_2d(0.5..max_workers + 0.5, 0.0..top)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 14, &INK))
            .x_labels((max_workers as usize + 2).min(MAX_TICKS))
            .x_label_formatter(&|workers| if workers.fract() == 0.0 { workers.to_string() } else { String::new() })
            .x_desc("workers")
            .y_desc("speed-up over the best single worker")
            .draw()?;
        let ideal = [(1.0, 1.0), (ideal_end, ideal_end), (max_workers, ideal_end)];
        chart
            .draw_series(DashedLineSeries::new(ideal, 6, 5, INK.into()))?
            .label("ideal")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], INK));
        let backends = self.backends();
        for (place, backend) in backends.iter().enumerate() {
            let colour = COLOURS[place % COLOURS.len()];
            // Backends stand side by side, so that lanes of equal speed do not hide each other.
            let shift = 0.04 * (place as f64 - (backends.len() - 1) as f64 / 2.0);
            let lanes: Vec<_> = self.lanes.iter().filter(|lane| lane.backend == *backend).collect();
            let point = |lane: &&LaneReport| Some((lane.workers as f64 + shift, lane.speedup?.value));
            let points: Vec<_> = lanes.iter().filter_map(point).collect();
            chart
                .draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?
                .label(*backend)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(3)));
            chart.draw_series(points.into_iter().map(|point| Circle::new(point, 3, colour.filled())))?;
            let interval = |lane: &&LaneReport| Some((lane.workers as f64 + shift, lane.speedup?.interval?));
            let cap = 0.008 * max_workers;
            let bars = lanes.iter().filter_map(interval).map(|(x, (low, high))| {
                let ends = [(x - cap, low), (x + cap, low), (x, low), (x, high), (x - cap, high), (x + cap, high)];
                PathElement::new(ends, colour.stroke_width(1))
            });
            chart.draw_series(bars)?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .label_font(("sans-serif", 14, &INK))
            .background_style(PAPER)
            .border_style(FAINT)
            .draw()?;
        Ok(())
    }

    fn draw_samples(&self, area: &Area<'_>) -> Drawn {
        let starred =
            if self.lanes.iter().any(|lane| lane.oversubscribed) { "; * more workers than cores" } else { "" };
        let explanation = format!("seconds per run; the bar is the median{starred}");
        let longest = self.lanes.iter().flat_map(|lane| &lane.seconds).copied().fold(0.0, f64::max);
        let rows = self.lanes.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .margin_left(130)
            .x_label_area_size(38)
            .build_cartesian_2d(0.0..1.04 * longest, rows..0.0)?;
        chart
            .configure_mesh()
            .disable_y_axis()
            .disable_y_mesh()
            .axis_style(INK)
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 14, &INK))
            .x_desc(explanation)
            .draw()?;
        let backends = self.backends();
        for (row, lane) in self.lanes.iter().enumerate() {
            let place = backends.iter().position(|backend| *backend == lane.backend).unwrap_or(0);
            let colour = COLOURS[place % COLOURS.len()];
            let middle = row as f64 + 0.5;
            // The dots are in order of rounds from top to bottom, so that drift of the machine shows.
            let step = 0.6 / lane.seconds.len() as f64;
            let dots = lane.seconds.iter().enumerate();
            let dots = dots.map(|(round, &seconds)| (seconds, middle - 0.3 + step * (round as f64 + 0.5)));
            chart.draw_series(dots.map(|dot| Circle::new(dot, 2, colour.filled())))?;
            let median = lane.median.value;
            let bar = [(median, middle - 0.4), (median, middle + 0.4)];
            chart.draw_series([PathElement::new(bar, INK.stroke_width(2))])?;
            let (_, y) = chart.backend_coord(&(0.0, middle));
            let name = format!("{}{}", lane.name(), if lane.oversubscribed { " *" } else { "" });
            let style = ("sans-serif", 14, &INK).into_text_style(area);
            area.draw_text(&name, &style, (12, y - area.get_pixel_range().1.start - 8))?;
        }
        Ok(())
    }
}
