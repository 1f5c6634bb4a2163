//! A server on this machine that sends back what it receives.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::failure::Failure;

/// How often a client that waits for an echo checks for cancellation.
const CANCEL_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Sends every byte back over the connection that it came from. Its threads take no lock.
pub(super) struct EchoServer {
    pub(super) address: SocketAddr,
    stop: Arc<AtomicBool>,
}

/// A connection to the server.
pub(super) struct EchoClient<'a> {
    stream: TcpStream,
    cancel: &'a AtomicBool,
}

impl EchoServer {
    /// Listens on a free port, and checks that it can be reached.
    ///
    /// # Errors
    /// [`Failure::Socket`], or [`Failure::Threads`].
    pub(super) fn start() -> Result<Self, Failure> {
        let (listener, address) = listen().map_err(Failure::Socket)?;
        let server = Self { address, stop: Arc::default() };
        let stop = Arc::clone(&server.stop);
        thread::Builder::new()
            .name("echo".to_owned())
            .spawn(move || serve(&listener, &stop))
            .map_err(Failure::Threads)?;
        Ok(server)
    }

    /// Connects a client, whose waits end when `cancel` is set.
    ///
    /// # Errors
    /// [`Failure::Socket`].
    pub(super) fn connect<'a>(&self, cancel: &'a AtomicBool) -> Result<EchoClient<'a>, Failure> {
        let connect = || {
            let stream = TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(CANCEL_CHECK_INTERVAL))?;
            Ok(stream)
        };
        Ok(EchoClient { stream: connect().map_err(Failure::Socket)?, cancel })
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // One more connection wakes the server, which then sees the flag.
        drop(TcpStream::connect(self.address));
    }
}

impl EchoClient<'_> {
    /// Sends a byte.
    pub(super) fn send(&mut self) -> io::Result<()> {
        self.stream.write_all(&[1])
    }

    /// Waits for the echo of a byte.
    ///
    /// # Errors
    /// If the server hangs up or the wait is cancelled.
    pub(super) fn receive(&mut self) -> io::Result<()> {
        loop {
            match self.stream.read(&mut [0]) {
                Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the echo server hung up")),
                Ok(_) => return Ok(()),
                Err(error) if is_timeout(&error) && !self.cancel.load(Ordering::Relaxed) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    // Without a loopback interface, a program can listen, but not connect.
    drop(TcpStream::connect(address)?);
    Ok((listener, address))
}

fn is_timeout(error: &io::Error) -> bool {
    // Systems differ in how they report an expired timeout.
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Serves each connection on a thread of its own. If the system refuses a connection or a thread, it hangs up, so that
/// no client waits forever.
fn serve(listener: &TcpListener, stop: &AtomicBool) {
    while let Ok((stream, _)) = listener.accept() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        drop(thread::Builder::new().spawn(move || echo(stream)));
    }
}

/// Echoes until the other side hangs up.
fn echo(mut stream: TcpStream) {
    let mut bytes = [0; 64];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        if stream.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let never = AtomicBool::new(false);
        let server = EchoServer::start().unwrap();
        for _ in 0..3 {
            let mut client = server.connect(&never).unwrap();
            for _ in 0..5 {
                client.send().unwrap();
                client.receive().unwrap();
            }
        }
    }

    #[test]
    fn a_wait_for_an_echo_ends_with_the_server_and_when_it_is_cancelled() {
        let cancel = AtomicBool::new(false);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let silent = EchoServer { address: listener.local_addr().unwrap(), stop: Arc::default() };
        let mut clients = [(); 2].map(|()| silent.connect(&cancel).unwrap());
        let accepted = listener.accept().unwrap();
        thread::scope(|scope| {
            let [first, second] = &mut clients;
            let waits = scope.spawn(|| first.receive().unwrap_err());
            thread::sleep(3 * CANCEL_CHECK_INTERVAL);
            assert!(!waits.is_finished());
            drop(accepted);
            assert_eq!(waits.join().unwrap().to_string(), "the echo server hung up");
            let waits = scope.spawn(|| second.receive().unwrap_err());
            cancel.store(true, Ordering::Relaxed);
            assert!(is_timeout(&waits.join().unwrap()));
        });
    }
}
