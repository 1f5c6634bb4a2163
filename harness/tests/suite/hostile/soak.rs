//! A long run of random commands in random environments. Each command is ended at a random moment.

use std::io::Write;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::matrix::environments;
use super::signals::{Session, assert_orderly, commands};

/// Sets the length of the run in minutes, in place of ten.
const MINUTES: &str = "PRIMELANES_SOAK_MINUTES";

#[test]
#[ignore = "it takes ten minutes"]
fn soak() {
    let minutes = std::env::var(MINUTES).map_or(10.0, |minutes| minutes.parse().expect(MINUTES));
    let (since, length) = (Instant::now(), Duration::from_secs_f64(60.0 * minutes));
    let mut environments = environments();
    // A signal that is ignored ends nothing.
    environments.retain(|environment| !environment.starts_with("trap"));
    // Two thirds of the commands run in the usual environment, where more of them get far.
    environments.resize(3 * environments.len(), String::new());
    let mut runs = 0;
    while since.elapsed() < length {
        let lanes = ["single-thread", "scoped-threads", "rayon", "global-lock", "processes"];
        let mut commands = commands(lanes[rand::random_range(0..lanes.len())]);
        let (command, expected) = commands.swap_remove(rand::random_range(0..commands.len()));
        let signal = ["INT", "TERM", "KILL", "HUP"][rand::random_range(0..4)];
        let delay = Duration::from_secs_f64(rand::random_range(0.0..3.0));
        let environment = &environments[rand::random_range(0..environments.len())];
        let what = format!("{environment} {command}, {signal} after {delay:?}");
        let session = Session::start(environment, &command);
        sleep(delay);
        session.signal(signal);
        assert_orderly(&what, signal, expected, &session.end(&what));
        runs += 1;
    }
    drop(writeln!(std::io::stderr(), "{runs} commands were ended at random moments"));
}
