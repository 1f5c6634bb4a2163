//! The look of reports for people.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_as_one_says_them() {
        let said = [plural(0, "task"), plural(1, "task"), plural(2, "thread"), plural(3, "process")];
        assert_eq!(said, ["0 tasks", "1 task", "2 threads", "3 processes"]);
    }
}
