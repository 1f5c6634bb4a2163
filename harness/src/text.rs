//! Formats reports and messages for people.

use std::borrow::Cow;

use comfy_table::{LineStyle, TableStyle};

/// A table with a rule below the header, and no other lines.
pub(crate) const TABLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A number of things, such as `3 threads`.
pub(crate) fn plural(count: usize, thing: &str) -> String {
    let ending = match count {
        1 => "",
        _ if thing.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {thing}{ending}")
}

/// The longest text in quotes that a message shows in full. Most paths fit.
const MAX_QUOTED: usize = 160;

/// The longest text outside quotes that a message shows in full. All lists of known names fit.
const MAX_UNQUOTED: usize = 500;

/// The number of characters that are shown of a longer text.
const SHOWN: usize = 40;

/// The longest message.
const MAX_MESSAGE: usize = 1_000;

/// Makes a message one line that is safe to print on a terminal, whatever user input it quotes: control characters are
/// escaped, and long texts are cut.
pub(crate) fn one_line(message: &str) -> String {
    let parts = message.split('\'').enumerate().map(|(place, part)| {
        let max = if place % 2 == 1 { MAX_QUOTED } else { MAX_UNQUOTED };
        shortened(part, max, SHOWN)
    });
    shortened(&escaped(&parts.collect::<Vec<_>>().join("'")), MAX_MESSAGE, MAX_MESSAGE).into_owned()
}

/// Escapes control characters, and characters that change the order in which others are shown.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if character.is_control() => escaped.extend(character.escape_debug()),
            '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                escaped.extend(character.escape_unicode());
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Cuts a text of more than `max` characters after the first `shown` ones.
fn shortened(text: &str, max: usize, shown: usize) -> Cow<'_, str> {
    if text.char_indices().nth(max).is_none() {
        return text.into();
    }
    let end = text.char_indices().nth(shown).map_or(text.len(), |(end, _)| end);
    format!("{}..", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_without_control_characters() {
        assert_eq!(one_line("a 'path/ä' stays"), "a 'path/ä' stays");
        assert_eq!(one_line("'10\r\n' and '\u{1b}[31m'"), r"'10\r\n' and '\u{1b}[31m'");
        assert_eq!(one_line("'\u{202e}1' \u{9b}"), r"'\u{202e}1' \u{9b}");
    }

    #[test]
    fn a_long_text_is_cut() {
        let nines = "9".repeat(100_000);
        let short = format!("{}..", "9".repeat(40));
        assert_eq!(one_line(&format!("'{nines}' is above '{nines}'")), format!("'{short}' is above '{short}'"));
        assert_eq!(one_line(&nines), short);
        assert_eq!(one_line(&"ä".repeat(160)), "ä".repeat(160));
        assert!(one_line(&"'".repeat(100_000)).len() < 1_010);
    }

    #[test]
    fn things_are_counted_as_one_says_them() {
        let said = [plural(0, "task"), plural(1, "task"), plural(2, "thread"), plural(3, "process")];
        assert_eq!(said, ["0 tasks", "1 task", "2 threads", "3 processes"]);
    }
}
