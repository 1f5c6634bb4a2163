//! Writes recordings as trace-event JSON, the format that Perfetto and `chrome://tracing` open.
//!
//! Each scene is a process, and its threads are the threads of the process. Times are microseconds with three decimals,
//! so that nanoseconds are exact: an event of a thread ends where the next one begins, and none overlap. A viewer binds
//! the end of an arrow to the event that is open on the thread at that time. For equal times it follows the order of
//! the file. The events of a thread are therefore written in the order in which they happened.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::time::Duration;

use primelanes_backends::global_lock::trace::{Doing, Entry, Request, Span, What};
use serde_json::{Map, Value};

use super::Scene;

#[cfg(test)]
mod tests;

/// Writes the scenes as one trace. It writes many small pieces, so `out` should be buffered.
///
/// # Errors
/// Any error of writing to `out`.
pub(crate) fn trace_events(scenes: &[Scene], mut out: impl Write) -> io::Result<()> {
    let mut left_out = Map::new();
    for Scene { title, recording } in scenes {
        let sum = left_out.entry(format!("{title}: events left out")).or_insert_with(|| 0.into());
        *sum = (sum.as_u64().unwrap_or(0) + recording.left_out).into();
    }
    write!(out, r#"{{"displayTimeUnit":"ms","otherData":{},"traceEvents":["#, Value::Object(left_out))?;
    let mut events = Events { out, any: false, arrows: 0, threads: 0, process: 0 };
    // Viewers join threads with equal ids, and take a thread with the id of its process for the main thread.
    events.threads = scenes.len();
    for scene in scenes {
        events.process += 1;
        events.scene(scene)?;
        events.threads += scene.recording.threads.len();
    }
    writeln!(events.out, "\n]}}")
}

/// Returns the name of a state.
pub(super) const fn name(doing: Doing) -> &'static str {
    match doing {
        Doing::Hold => "hold",
        Doing::Wait => "wait",
        Doing::ForcedWait => "forced-switch wait",
        Doing::Detached => "detached",
    }
}

/// The list of events being written.
struct Events<W> {
    out: W,
    any: bool,
    /// The number of arrows so far, and of threads in earlier scenes.
    arrows: usize,
    threads: usize,
    /// The number of the scene, from 1.
    process: usize,
}

/// The position of a thread while a recording is read.
struct Place<'a> {
    /// The spans that are still to come.
    spans: &'a [Span],
    doing: Option<Doing>,
}

impl<W: Write> Events<W> {
    fn scene(&mut self, scene: &Scene) -> io::Result<()> {
        let process = self.process;
        let title = Value::from(scene.title.as_str());
        self.event(format_args!(r#""ph":"M","pid":{process},"name":"process_name","args":{{"name":{title}}}"#))?;
        self.event(format_args!(
            r#""ph":"M","pid":{process},"name":"process_sort_index","args":{{"sort_index":{process}}}"#
        ))?;
        for (thread, name) in scene.recording.threads.iter().enumerate() {
            let name = Value::from(name.as_str());
            self.of_thread(thread, format_args!(r#""ph":"M","name":"thread_name","args":{{"name":{name}}}"#))?;
            self.of_thread(
                thread,
                format_args!(r#""ph":"M","name":"thread_sort_index","args":{{"sort_index":{thread}}}"#),
            )?;
        }
        self.threads(scene)?;
        self.waiters(scene)
    }

    /// Writes the events of all threads.
    fn threads(&mut self, scene: &Scene) -> io::Result<()> {
        let spans = scene.recording.spans();
        let of = |thread| {
            let from = spans.partition_point(|span| span.thread < thread);
            let to = spans.partition_point(|span| span.thread <= thread);
            Place { spans: &spans[from..to], doing: None }
        };
        let mut places: Vec<Place<'_>> = (0..scene.recording.threads.len()).map(of).collect();
        let requests = scene.recording.requests();
        let mut requests = requests.iter();
        let mut open = Vec::new();
        for &Entry { at, thread, what } in &scene.recording.entries {
            let place = &mut places[thread];
            match what {
                What::Requests => {
                    let request = requests.next();
                    open.extend(self.request(at, thread, request, place.doing)?);
                }
                What::Refrains => self.instant(at, thread, "suppressed request")?,
                What::Waits | What::Takes { .. } | What::Drops { forced: true } | What::Detaches => {
                    let Some((span, later)) = place.spans.split_first() else { continue };
                    (place.spans, place.doing) = (later, Some(span.doing));
                    self.span(span)?;
                    if matches!(what, What::Takes { .. }) {
                        for arrow in open.drain(..) {
                            self.arrow_end(at, thread, 'f', arrow)?;
                        }
                    }
                }
                What::Drops { forced: false } | What::SwitchSeen | What::Returns => place.doing = None,
            }
        }
        Ok(())
    }

    /// Writes a request. Returns the number of the arrow that begins there, if there is one. An arrow begins in a wait,
    /// which is missing if the recording began later, and ends at an answer. Without an arrow, the request is an
    /// instant.
    fn request(
        &mut self,
        at: Duration,
        thread: usize,
        request: Option<&Request>,
        doing: Option<Doing>,
    ) -> io::Result<Option<usize>> {
        if doing != Some(Doing::Wait) || request.is_none_or(|request| request.answer.is_none()) {
            self.instant(at, thread, "drop request")?;
            return Ok(None);
        }
        self.arrows += 1;
        self.arrow_end(at, thread, 's', self.arrows)?;
        Ok(Some(self.arrows))
    }

    fn span(&mut self, span: &Span) -> io::Result<()> {
        let (from, length, name) = (Micros(span.from), Micros(span.to.saturating_sub(span.from)), name(span.doing));
        let event = format_args!(r#""ph":"X","ts":{from},"dur":{length},"cat":"gil","name":"{name}""#);
        self.of_thread(span.thread, event)
    }

    fn instant(&mut self, at: Duration, thread: usize, name: &str) -> io::Result<()> {
        let at = Micros(at);
        self.of_thread(thread, format_args!(r#""ph":"i","s":"t","ts":{at},"cat":"gil","name":"{name}""#))
    }

    /// Writes the beginning `s` or the end `f` of an arrow, bound to the enclosing event.
    fn arrow_end(&mut self, at: Duration, thread: usize, end: char, number: usize) -> io::Result<()> {
        let (at, enclosing) = (Micros(at), if end == 'f' { r#""bp":"e","# } else { "" });
        self.of_thread(
            thread,
            format_args!(r#""ph":"{end}",{enclosing}"id":{number},"ts":{at},"cat":"gil","name":"drop request""#),
        )
    }

    /// Writes the counter of waiting threads.
    fn waiters(&mut self, scene: &Scene) -> io::Result<()> {
        let process = self.process;
        for (at, waiters) in std::iter::once((Duration::ZERO, 0)).chain(scene.recording.waiters()) {
            let at = Micros(at);
            self.event(format_args!(
                r#""ph":"C","pid":{process},"ts":{at},"cat":"gil","name":"waiters","args":{{"waiters":{waiters}}}"#
            ))?;
        }
        Ok(())
    }

    fn of_thread(&mut self, thread: usize, fields: fmt::Arguments<'_>) -> io::Result<()> {
        let (process, thread) = (self.process, self.threads + 1 + thread);
        self.event(format_args!(r#""pid":{process},"tid":{thread},{fields}"#))
    }

    fn event(&mut self, fields: fmt::Arguments<'_>) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.any, true) { "," } else { "" };
        write!(self.out, "{comma}\n{{{fields}}}")
    }
}

/// A time in microseconds, exact to the nanosecond.
struct Micros(Duration);

impl Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0.as_micros(), self.0.subsec_nanos() % 1000)
    }
}
