use primelanes_backends::global_lock::trace::{Entry, Recording, What};
use proptest::prelude::*;

use super::super::scene::driven;
use super::*;

const TAKES: What = What::Takes { switch: true };
const DROPS: What = What::Drops { forced: false };

fn us(count: u64) -> Duration {
    Duration::from_micros(count)
}

/// A window that is drawn with a hundred pixels per millisecond.
const WINDOW: Option<Range<Duration>> = Some(Duration::ZERO..Duration::from_micros(7_100));

fn scene(entries: &[(u64, usize, What)]) -> Scene {
    let entries = entries.iter().map(|&(at, thread, what)| Entry { at: us(at), thread, what });
    let threads = ["main", "<I/O>", "a \"thread\" of a long name"].map(str::to_owned).to_vec();
    let recording = Recording { threads, entries: entries.collect(), left_out: 0 };
    Scene { title: "R & D".to_owned(), recording }
}

/// Thread 1 requests the lock, gets it after 50 us, and detaches. Thread 2 waits for all of this and requests in vain.
fn handed_over() -> Scene {
    scene(&[
        (0, 0, TAKES),
        (500, 1, What::Waits),
        (600, 2, What::Waits),
        (5_500, 1, What::Requests),
        (5_520, 0, What::Drops { forced: true }),
        (5_550, 1, TAKES),
        (5_570, 0, What::SwitchSeen),
        (5_600, 2, What::Refrains),
        (6_000, 1, DROPS),
        (6_000, 1, What::Detaches),
        (6_100, 0, TAKES),
        (7_000, 2, What::Requests),
        (7_100, 1, What::Returns),
    ])
}

/// Returns all elements after the style and the definitions.
fn drawn(svg: &str) -> &str {
    svg.split_once("</defs>").expect("the head ends").1
}

fn count(svg: &str, what: &str) -> usize {
    drawn(svg).matches(what).count()
}

/// Returns the number of matches outside of the legend.
fn in_panels(svg: &str, what: &str) -> usize {
    count(svg, what) - count(&timeline(&[], None), what)
}

/// Returns the numbers in a text, each with its number of decimals.
fn numbers(text: &str) -> impl Iterator<Item = (f64, usize)> {
    let parts = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != '-');
    parts.filter(|part| !part.is_empty()).map(|part| {
        let decimals = part.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        (part.parse().expect("a number"), decimals)
    })
}

/// Panics unless all elements are closed in order, all text is escaped, and all coordinates lie in the picture.
fn check(svg: &str) {
    let mut open = Vec::new();
    let (mut rest, mut height) = (svg.trim_end(), 0.0);
    while let Some((text, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert!(!text.contains('>') || open == ["svg", "style"], "{text}");
        let letters = text.split('&').skip(1);
        letters.for_each(|entity| {
            assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)), "{text}");
        });
        rest = after;
        if let Some(tag) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(tag));
            continue;
        }
        let name = tag.split([' ', '/']).next().expect("a name");
        let attributes: Vec<&str> = tag.split('"').collect();
        assert_eq!(attributes.len() % 2, 1, "{tag}");
        for pair in attributes.chunks_exact(2) {
            let (name, value) = (pair[0].trim_matches([' ', '=', '/']), pair[1]);
            match name.rsplit(' ').next().expect("a name") {
                "height" if open.is_empty() => height = value.parse().expect("a height"),
                "x" | "y" | "width" | "height" | "cx" | "cy" | "d" if !open.contains(&"defs") => {
                    for (number, decimals) in numbers(value) {
                        let most = f64::from(WIDTH).max(height);
                        assert!(decimals <= 1 && (0.0..=most).contains(&number), "{tag}");
                    }
                }
                _ => {}
            }
        }
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} {rest}");
}

proptest! {
    #[test]
    fn every_recording_makes_a_picture_that_is_whole(
        scenes in proptest::collection::vec(driven::scenes(), 0..4),
        window in proptest::option::of((0..200_000_u64, 0..200_000_u64)),
    ) {
        check(&timeline(&scenes, window.map(|(from, to)| us(from)..us(to))));
    }
}

#[test]
fn each_span_is_a_box_of_its_kind_that_says_what_and_when_and_for_how_long() {
    let svg = timeline(&[handed_over()], WINDOW);
    let row = |thread: u32| LEGEND_HEIGHT + TITLE_HEIGHT + ROW_HEIGHT * thread + BOX_TOP;
    for (class, x, y, width, tip) in [
        ("hold", 128, row(0), 552, "hold, 5.52 ms from 0 ns"),
        ("forced", 680, row(0), 5, "forced-switch wait, 50.00 µs from 5.52 ms"),
        ("wait", 178, row(1), 505, "wait, 5.05 ms from 500.00 µs"),
        ("hold", 683, row(1), 45, "hold, 450.00 µs from 5.55 ms"),
        ("wait", 188, row(2), 650, "wait, 6.50 ms from 600.00 µs"),
    ] {
        let rect =
            format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"16\"><title>{tip}</title>");
        assert!(svg.contains(&rect), "{rect}\n{svg}");
    }
    let detached = format!("<rect class=\"detached\" x=\"728\" y=\"{}.5\" width=\"110\" height=\"3\">", row(1) + 6);
    assert!(svg.contains(&detached), "{svg}");
    assert_eq!(in_panels(&svg, "<rect"), 7);
}

#[test]
fn a_forced_wait_of_a_hundredth_of_a_pixel_is_seen() {
    let svg = timeline(&[handed_over()], Some(us(0)..us(3_550_000)));
    let bottom = LEGEND_HEIGHT + TITLE_HEIGHT + BOX_TOP + BOX_HEIGHT;
    let sliver = format!("<path class=\"sliver forced\" d=\"M129.5 {}v2\">", bottom - 2);
    assert!(svg.contains(&sliver), "{svg}");
}

#[test]
fn slivers_of_one_pixel_share_its_height_as_they_share_its_time() {
    // A hundred holds of 1 us and a hundred waits of 3 us, within one pixel.
    let slices = (0..100).map(|slice| 4 * slice);
    let slices = slices.flat_map(|at| [(at, 0, TAKES), (at + 1, 0, DROPS), (at + 1, 0, What::Waits)]);
    let slices: Vec<_> = slices.chain([(400, 0, TAKES), (400, 0, DROPS)]).collect();
    let svg = timeline(&[scene(&slices)], Some(us(0)..us(710_000)));
    let top = LEGEND_HEIGHT + TITLE_HEIGHT + BOX_TOP;
    for sliver in [format!("wait\" d=\"M128.5 {top}v12\""), format!("hold\" d=\"M128.5 {}v4\"", top + 12)] {
        assert!(svg.contains(&format!("<path class=\"sliver {sliver}")), "{sliver}\n{svg}");
    }
}

#[test]
fn a_quarter_of_a_million_events_make_no_large_file() {
    let slice = |slice: u64| {
        let (me, other, at) = ((slice % 2) as usize, 1 - (slice % 2) as usize, 20 * slice);
        let forced = What::Drops { forced: true };
        let steps = [
            (0, me, TAKES),
            (2, other, What::SwitchSeen),
            (4, other, What::Waits),
            (9, other, What::Requests),
            (15, me, forced),
        ];
        steps.map(|(after, thread, what)| (at + after, thread, what))
    };
    let slices: Vec<_> = (0..50_000).flat_map(slice).collect();
    let svg = timeline(&[scene(&slices)], None);
    assert!(svg.len() < 150_000, "{} bytes", svg.len());
    assert!(svg.contains("50000 requests are too many to draw"), "{}", &svg[svg.len() - 500..]);
    assert_eq!(in_panels(&svg, "class=\"arrow\"") + in_panels(&svg, "class=\"request\""), 0);
    check(&svg);
}

#[test]
fn an_arrow_leads_from_each_request_that_was_answered_to_its_answer() {
    let svg = timeline(&[handed_over()], WINDOW);
    let classes = ["request", "arrow", "refrained"].map(|class| in_panels(&svg, &format!("class=\"{class}\"")));
    assert_eq!(classes, [2, 1, 1], "the last request has no answer");
    let middle = LEGEND_HEIGHT + TITLE_HEIGHT + ROW_HEIGHT + BOX_TOP + BOX_HEIGHT / 2;
    let mark = format!(
        "cx=\"675.4\" cy=\"{middle}\" r=\"2.6\"><title>&lt;I/O&gt; requests the lock, 5.50 ms; &lt;I/O&gt; takes the lock 50.00 µs later<"
    );
    assert!(svg.contains(&mark), "{svg}");
    assert!(svg.contains(&format!("class=\"arrow\" d=\"M675.4 {middle}C675.4 ")), "{svg}");
    assert!(svg.contains(&format!(" 686.5 {}\"", middle - 6)), "over the row and down into the hold\n{svg}");
    assert!(svg.contains("<title>a &quot;thread&quot; of a long name makes no request, 5.60 ms<"), "{svg}");
}

#[test]
fn an_arrow_to_another_row_ends_at_the_edge_of_the_box_that_it_comes_to() {
    let to = |taker| {
        let answer = [(0, 1, TAKES), (1_000, 1 - taker / 2, What::Requests), (2_000, taker, TAKES)];
        timeline(&[scene(&answer)], WINDOW)
    };
    let row = LEGEND_HEIGHT + TITLE_HEIGHT + BOX_TOP;
    // From the second row to the first, and from the first to the third.
    assert!(to(0).contains(&format!(" 328 {}\"", row + BOX_HEIGHT)), "{}", to(0));
    assert!(to(2).contains(&format!(" 328 {}\"", row + 2 * ROW_HEIGHT)), "{}", to(2));
}

#[test]
fn what_lies_outside_of_the_window_is_left_out() {
    let svg = timeline(&[handed_over()], Some(us(1_000)..us(1_710)));
    assert_eq!(in_panels(&svg, "<rect"), 3, "one hold and two waits");
    assert_eq!(in_panels(&svg, "x=\"128\""), 3, "{svg}");
    assert_eq!(in_panels(&svg, "<circle") + in_panels(&svg, "sliver"), 0);
    assert!(svg.contains(">1000 µs<") && svg.contains(">1700 µs<") && !svg.contains(">900 µs<"), "{svg}");
    let touching = timeline(&[handed_over()], Some(us(5_520)..us(5_550)));
    assert_eq!(in_panels(&touching, "class=\"hold\""), 0, "one ends where the window begins, one begins where it ends");
}

#[test]
fn the_strip_shows_the_waiters_from_those_that_there_were_at_its_beginning() {
    let steps = |window| {
        let svg = timeline(&[handed_over()], window);
        let path = drawn(&svg).split_once("class=\"steps\" d=\"").expect("steps").1;
        path.split('"').next().expect("a path").to_owned()
    };
    let bottom = LEGEND_HEIGHT + TITLE_HEIGHT + 3 * ROW_HEIGHT + STEPS_HEIGHT;
    let (one, two) = (bottom - 12, bottom - 24);
    let all = format!("M128 {bottom}V{bottom}H178V{one}H188V{two}H683V{one}H838V{bottom}Z");
    assert_eq!(steps(WINDOW), all);
    let late = format!("M128 {bottom}V{two}H838V{bottom}Z");
    assert_eq!(steps(Some(us(1_000)..us(2_000))), late);
    // All three changes lie in one column of pixels: from 0 to 2 to 1.
    let far = format!("M128 {bottom}V{bottom}H128.1V{bottom}V{two}V{one}H838V{bottom}Z");
    assert_eq!(steps(Some(us(0)..us(7_100_000))), far);
}

#[test]
fn without_a_window_all_scenes_are_shown_to_the_end_of_the_longest() {
    let short = scene(&[(0, 0, TAKES), (1_420, 0, DROPS)]);
    let svg = timeline(&[short, handed_over()], None);
    assert!(svg.contains("class=\"hold\" x=\"128\" y=\"106\" width=\"142\""), "{svg}");
    assert_eq!(count(&svg, ">7 ms<"), 2);
}

#[test]
fn an_empty_recording_says_so() {
    let empty = Scene { title: "empty".to_owned(), recording: Recording::default() };
    for scenes in [vec![], vec![empty.clone()], vec![empty, handed_over()]] {
        let svg = timeline(&scenes, None);
        assert_eq!(count(&svg, "Nothing was recorded."), 1);
        check(&svg);
    }
    assert_eq!(count(&timeline(&[handed_over()], None), "Nothing"), 0);
}

#[test]
fn where_nobody_waits_no_steps_are_drawn() {
    let svg = timeline(&[scene(&[(0, 0, TAKES), (10, 0, DROPS)])], None);
    assert_eq!(count(&svg, "class=\"steps\""), 0);
    check(&svg);
}

#[test]
fn what_was_left_out_for_lack_of_room_is_told() {
    let mut cut = handed_over();
    assert!(!timeline(&[cut.clone()], None).contains("not recorded"));
    cut.recording.left_out = 12;
    assert!(timeline(&[cut], None).contains(">12 later events are not recorded<"));
}

#[test]
fn names_are_escaped_and_long_ones_cut_with_the_whole_as_a_tip() {
    let mut named = handed_over();
    named.recording.threads[0] = "bell\u{7}".to_owned();
    let svg = timeline(&[named], None);
    assert!(svg.contains(">R &amp; D</text>") && svg.contains("over time: R &amp; D\""), "{svg}");
    assert!(svg.contains(">bell\u{FFFD}</text>") && svg.contains(">&lt;I/O&gt;</text>"), "{svg}");
    let long = "><title>a &quot;thread&quot; of a long name</title>a &quot;thread&quot; of \u{2026}</text>";
    assert!(svg.contains(long), "{svg}");
}

#[test]
fn the_picture_follows_the_readers_colours_and_says_what_it_is() {
    let svg = timeline(&[handed_over()], None);
    assert!(svg.contains("@media (prefers-color-scheme: dark)"));
    assert!(svg.contains("role=\"img\" aria-label=\"Who holds the lock"));
    assert!(!svg.contains("<script") && svg.matches("http").count() == 1, "the name space alone");
}

#[test]
fn ticks_are_round_and_neither_too_few_nor_too_many() {
    let labels = |from: Duration, to: Duration| {
        let svg = timeline(&[handed_over()], Some(from..to));
        let texts = drawn(&svg).split("<text class=\"tick").skip(1).filter(|text| !text.starts_with(" end\" x=\"122"));
        texts.map(|text| text[text.find('>').unwrap() + 1..text.find('<').unwrap()].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        labels(us(10_000), us(60_000)).join(","),
        "10 ms,15 ms,20 ms,25 ms,30 ms,35 ms,40 ms,45 ms,50 ms,55 ms,60 ms"
    );
    assert_eq!(labels(us(2_900), us(5_100)).join(","), "3 ms,3.5 ms,4 ms,4.5 ms,5 ms");
    assert_eq!(
        labels(us(0), us(1_999)).join(","),
        "0 µs,200 µs,400 µs,600 µs,800 µs,1000 µs,1200 µs,1400 µs,1600 µs,1800 µs"
    );
    assert_eq!(labels(us(3), us(3)).join(","), "3000 ns,3001 ns");
    assert_eq!(labels(us(0), Duration::from_mins(1)).join(","), "0 s,10 s,20 s,30 s,40 s,50 s,60 s");
    for length in 1..2_000 {
        let count = labels(us(17), us(17 + length)).len();
        assert!((4..=12).contains(&count), "{count} ticks for {length} us");
    }
    check(&timeline(&[handed_over()], Some(Duration::ZERO..Duration::MAX)));
}

#[test]
fn a_time_below_the_end_of_the_axis_does_not_reach_beyond_the_picture() {
    let svg = |from, to| timeline(&[handed_over()], Some(us(from)..us(to)));
    let long = svg(10_000, 10_900);
    assert!(long.contains("<text class=\"tick end\" x=\"856\" y=\"246\">10900 µs<"), "{long}");
    let short = svg(10_000, 60_000);
    assert!(short.contains("<text class=\"tick\" x=\"838\" y=\"246\">60 ms<"), "{short}");
}
