//! The workers that the tests start: honest ones, and saboteurs that spoil the answers of an honest one.

use std::fs::OpenOptions;
use std::io::{Read, Write, copy, stdin};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, exit};
use std::thread;
use std::time::Duration;

use primelanes_backends::{JobSpec, Processes, worker};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::system::workers;

/// How an answer is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Half of it is sent, and then the worker exits.
    Truncate,
    /// Random bytes take its place.
    Garble,
    /// One bit of it is flipped.
    Flip,
    /// Its header announces a longer message than is allowed.
    Oversize,
    /// It is sent twice at once.
    Repeat,
    /// It is sent again after a while.
    RepeatLater,
    /// Nothing is sent any more.
    Stall,
    /// The connection is closed, and the worker keeps running.
    Close,
    /// The worker exits with code 3 instead.
    Exit,
}

impl Fault {
    pub(super) const ALL: [Self; 9] = [
        Self::Truncate,
        Self::Garble,
        Self::Flip,
        Self::Oversize,
        Self::Repeat,
        Self::RepeatLater,
        Self::Stall,
        Self::Close,
        Self::Exit,
    ];

    fn name(self) -> String {
        format!("{self:?}")
    }
}

/// The greeting of a parent process: version 3 of the wire, and the version of the jobs.
pub(super) fn greeting() -> Vec<u8> {
    [b"primelanes>", &3_u32.to_le_bytes()[..], &JobSpec::VERSION.to_le_bytes()].concat()
}

/// Starts `count` workers that behave like this.
pub(super) fn open(count: usize, behaviour: &[&str]) -> Processes {
    Processes::with_command(workers(count), command(behaviour)).unwrap()
}

pub(super) fn command(behaviour: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("worker").args(behaviour);
    command
}

/// What this program does as a worker.
pub(super) fn work(behaviour: &[&str]) {
    let served = match *behaviour {
        [] => worker::serve(stdin()),
        // The worker that creates the file is the saboteur; the others are honest.
        ["once", fault, file] => match OpenOptions::new().write(true).create_new(true).open(file) {
            Ok(_) => spoil(&mut || Some(named(fault))),
            Err(_) => worker::serve(stdin()),
        },
        ["always", fault] => spoil(&mut || Some(named(fault))),
        // Spoils one answer in `one_in`.
        ["often", seed, one_in] => {
            let mut random = StdRng::seed_from_u64(seed.parse::<u64>().unwrap() ^ u64::from(std::process::id()) << 32);
            let one_in = one_in.parse::<u32>().unwrap();
            spoil(&mut || {
                (random.random_range(0..one_in) == 0).then(|| Fault::ALL[random.random_range(0..Fault::ALL.len())])
            })
        }
        ref other => panic!("no such behaviour: {other:?}"),
    };
    served.unwrap();
}

fn named(name: &str) -> Fault {
    Fault::ALL.into_iter().find(|fault| fault.name() == name).unwrap()
}

/// Runs an honest worker, and spoils its answers on the way.
fn spoil(fault: &mut dyn FnMut() -> Option<Fault>) -> Result<(), primelanes_backends::Error> {
    let (mut honest, theirs) = UnixStream::pair().unwrap();
    let serving = thread::spawn(move || worker::serve(theirs));
    let parent = UnixStream::from(stdin().as_fd().try_clone_to_owned().unwrap());
    let (mut requests, mut to_honest) = (parent.try_clone().unwrap(), honest.try_clone().unwrap());
    thread::spawn(move || {
        drop(copy(&mut requests, &mut to_honest));
        drop(to_honest.shutdown(Shutdown::Write));
    });
    let mut buffer = vec![0; 1 << 20];
    let forward = |bytes: &[u8]| drop((&parent).write_all(bytes));
    let greeting = greeting().len();
    honest.read_exact(&mut buffer[..greeting]).unwrap();
    forward(&buffer[..greeting]);
    loop {
        let length = honest.read(&mut buffer).unwrap();
        let bytes = &mut buffer[..length];
        match fault().filter(|_| length > 0) {
            None => forward(bytes),
            Some(Fault::Truncate) => {
                forward(&bytes[..length / 2]);
                exit(0);
            }
            Some(Fault::Garble) => {
                let mut random = StdRng::seed_from_u64(u64::from(std::process::id()));
                bytes.fill_with(|| random.random());
                // One in 64 lengths would be allowed, and more bytes would be waited for.
                bytes[3] |= 0x80;
                forward(bytes);
            }
            Some(Fault::Flip) => {
                bytes[length - 1] ^= 4;
                forward(bytes);
            }
            Some(Fault::Oversize) => forward(&u32::MAX.to_le_bytes().repeat(4)),
            Some(Fault::Repeat) => forward(&bytes.repeat(2)),
            Some(Fault::RepeatLater) => {
                forward(bytes);
                thread::sleep(Duration::from_millis(3));
                forward(bytes);
            }
            Some(Fault::Stall) => thread::sleep(Duration::from_hours(1)),
            Some(Fault::Close) => {
                parent.shutdown(Shutdown::Both).unwrap();
                thread::sleep(Duration::from_hours(1));
                break;
            }
            Some(Fault::Exit) => exit(3),
        }
        if length == 0 {
            break;
        }
    }
    serving.join().unwrap()
}
