//! Requests through a socket of this machine, and how long their answers take.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::failure::Failure;

/// How often a wait for the other side checks whether it should end.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Says whether a wait should end.
pub(super) type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Sends requests of one byte to whoever connects. It takes no lock.
pub(super) struct Requests {
    pub(super) address: SocketAddr,
    listener: TcpListener,
}

/// The times of a request and its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    /// How long it took to send the request.
    pub(super) sending: Duration,
    /// The time from then until the answer was read.
    pub(super) waiting: Duration,
}

/// The other side: it answers each request with a byte. Both directions end when `stop` returns true.
pub(super) struct Peer<'a> {
    stream: TcpStream,
    stop: Stop<'a>,
}

impl Requests {
    /// Listens on a free port, and checks that it can be reached.
    ///
    /// # Errors
    /// [`Failure::Socket`].
    pub(super) fn open() -> Result<Self, Failure> {
        let open = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let address = listener.local_addr()?;
            // Without a loopback interface, a program can listen, but not connect.
            let probe = TcpStream::connect(address)?;
            drop((listener.accept()?, probe));
            listener.set_nonblocking(true)?;
            Ok(Self { address, listener })
        };
        open().map_err(Failure::Socket)
    }

    /// Waits for a connection, and sends it requests, each after a pause. Then hangs up.
    ///
    /// # Errors
    /// If the connection breaks, or `stop` returns true.
    pub(super) fn send(&self, count: usize, pause: Duration, stop: Stop<'_>) -> io::Result<Vec<Exchange>> {
        let mut peer = Peer::new(self.accept(stop)?, stop)?;
        let exchange = |_| {
            wait(pause, stop)?;
            let begun = Instant::now();
            peer.send()?;
            let sent = Instant::now();
            if !peer.receive()? {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "the other side hung up"));
            }
            Ok(Exchange { sending: sent - begun, waiting: sent.elapsed() })
        };
        (0..count).map(exchange).collect()
    }

    fn accept(&self, stop: Stop<'_>) -> io::Result<TcpStream> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(stream);
                }
                Err(error) if is_timeout(&error) => wait(Duration::from_millis(1), stop)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Connects to answer the requests.
    ///
    /// # Errors
    /// [`Failure::Socket`].
    pub(super) fn connect<'a>(&self, stop: Stop<'a>) -> Result<Peer<'a>, Failure> {
        TcpStream::connect(self.address).and_then(|stream| Peer::new(stream, stop)).map_err(Failure::Socket)
    }
}

impl<'a> Peer<'a> {
    fn new(stream: TcpStream, stop: Stop<'a>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STOP_CHECK_INTERVAL))?;
        Ok(Self { stream, stop })
    }

    /// Sends a byte.
    pub(super) fn send(&mut self) -> io::Result<()> {
        self.stream.write_all(&[1])
    }

    /// Waits for a byte. Returns false if the other side has hung up.
    ///
    /// # Errors
    /// If the connection breaks, or `stop` returns true.
    pub(super) fn receive(&mut self) -> io::Result<bool> {
        loop {
            match self.stream.read(&mut [0]) {
                Ok(bytes) => return Ok(bytes > 0),
                Err(error) if is_timeout(&error) => check(self.stop)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Answers every request until the other side hangs up.
    ///
    /// # Errors
    /// If the connection breaks, or `stop` returns true.
    pub(super) fn answer_all(&mut self) -> io::Result<()> {
        while self.receive()? {
            self.send()?;
        }
        Ok(())
    }
}

fn check(stop: Stop<'_>) -> io::Result<()> {
    if stop() { Err(io::Error::new(ErrorKind::TimedOut, "there was no answer")) } else { Ok(()) }
}

fn wait(time: Duration, stop: Stop<'_>) -> io::Result<()> {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        check(stop)?;
        thread::sleep(left.min(STOP_CHECK_INTERVAL));
    }
    Ok(())
}

fn is_timeout(error: &io::Error) -> bool {
    // Systems differ in how they report an expired timeout.
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn every_request_is_answered() {
        let requests = Requests::open().unwrap();
        let pause = Duration::from_millis(2);
        for count in [5, 0, 1] {
            thread::scope(|scope| {
                let peer = requests.connect(&|| false);
                let answers = scope.spawn(|| peer.unwrap().answer_all());
                let begun = Instant::now();
                assert_eq!(requests.send(count, pause, &|| false).unwrap().len(), count);
                assert!(begun.elapsed() >= count as u32 * pause);
                answers.join().unwrap().unwrap();
            });
        }
    }

    #[test]
    fn a_wait_ends_with_the_other_side_and_when_it_is_stopped() {
        let (requests, silent) = (Requests::open().unwrap(), Requests::open().unwrap());
        let stop = AtomicBool::new(false);
        let is_stopped = || stop.load(Ordering::Relaxed);
        thread::scope(|scope| {
            drop(requests.connect(&is_stopped).unwrap());
            let error = requests.send(1, Duration::ZERO, &is_stopped).unwrap_err().to_string();
            assert!(error == "the other side hung up" || error.contains("reset"), "{error}");
            let waits = [
                scope.spawn(|| requests.send(1, Duration::ZERO, &is_stopped).map(drop)),
                scope.spawn(|| silent.connect(&is_stopped).unwrap().answer_all()),
            ];
            thread::sleep(3 * STOP_CHECK_INTERVAL);
            assert!(waits.iter().all(|wait| !wait.is_finished()));
            stop.store(true, Ordering::Relaxed);
            let errors = waits.map(|wait| wait.join().unwrap().unwrap_err().to_string());
            assert_eq!(errors, ["there was no answer", "there was no answer"]);
            assert!(requests.send(1, Duration::from_mins(1), &is_stopped).is_err(), "in a pause");
        });
    }
}
