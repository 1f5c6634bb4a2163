//! SVG elements as text. Coordinates are in pixels, to a tenth.

use std::fmt::{self, Display, Write};

/// A picture under construction.
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// Creates an empty picture of this size. `head` comes before everything that is drawn.
    pub(super) fn new(width: u32, height: u32, label: &str, head: &str) -> Self {
        let mut svg = Self { text: String::new() };
        let label = Escaped(label);
        svg.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gil\" role=\"img\" aria-label=\"{label}\" \
             width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n{head}\n"
        ));
        svg.push(format_args!("<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n"));
        svg
    }

    /// Returns the text of the file.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// Draws a box, given as left, top, width and height.
    pub(super) fn rect(&mut self, class: &str, place: (f64, f64, f64, f64), tip: Option<&str>) {
        let (x, y, width, height) = (Px(place.0), Px(place.1), Px(place.2), Px(place.3));
        self.push(format_args!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\""));
        self.close("rect", tip);
    }

    /// Draws a path along `steps`, in the syntax of the attribute `d`.
    pub(super) fn path(&mut self, class: &str, steps: &str, tip: Option<&str>) {
        self.push(format_args!("<path class=\"{class}\" d=\"{steps}\""));
        self.close("path", tip);
    }

    /// Draws a disc around a point.
    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64, tip: Option<&str>) {
        let (x, y, radius) = (Px(x), Px(y), Px(radius));
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""));
        self.close("circle", tip);
    }

    /// Draws a line of text. Depending on the class, its base line begins or ends at the point, or is centred there.
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let (x, y, text) = (Px(x), Px(y), Escaped(text));
        self.push(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>\n"));
    }

    /// Draws a line of text that is shortened to `max` letters. The tooltip has the whole text.
    pub(super) fn shortened(&mut self, class: &str, (x, y): (f64, f64), text: &str, max: usize) {
        if text.chars().count() <= max {
            return self.text(class, x, y, text);
        }
        let short: String = text.chars().take(max - 1).chain(['\u{2026}']).collect();
        let (x, y, short, text) = (Px(x), Px(y), Escaped(&short), Escaped(text));
        self.push(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"><title>{text}</title>{short}</text>\n"));
    }

    /// Closes an element after its attributes.
    fn close(&mut self, element: &str, tip: Option<&str>) {
        match tip.map(Escaped) {
            Some(tip) => self.push(format_args!("><title>{tip}</title></{element}>\n")),
            None => self.push(format_args!("/>\n")),
        }
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("writing to a string does not fail");
    }
}

/// A length, rounded to a tenth of a pixel.
pub(super) struct Px(pub(super) f64);

impl Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (10.0 * self.0).round() as i64;
        if tenths % 10 == 0 { write!(f, "{}", tenths / 10) } else { write!(f, "{:.1}", tenths as f64 / 10.0) }
    }
}

/// Text, escaped for an element or an attribute. Characters that XML does not allow become replacement characters.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => f.write_char('\u{FFFD}'),
            letter if letter.is_control() => f.write_char('\u{FFFD}'),
            letter => f.write_char(letter),
        })
    }
}
