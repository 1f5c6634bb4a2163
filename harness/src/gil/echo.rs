//! A server on this machine that sends back what it receives.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Sends every byte back over the connection that it came from. Its threads take no lock.
pub(super) struct EchoServer {
    pub(super) address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl EchoServer {
    /// Listens on a free port, and checks that it can be reached.
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // Without a loopback interface, a program can listen, but not connect.
        drop(TcpStream::connect(listener.local_addr()?)?);
        let server = Self { address: listener.local_addr()?, stop: Arc::default() };
        let stop = Arc::clone(&server.stop);
        let serve = move || {
            for stream in listener.incoming().flatten().take_while(|_| !stop.load(Ordering::Relaxed)) {
                // If the system refuses the thread, the connection ends.
                drop(thread::Builder::new().spawn(move || echo(stream)));
            }
        };
        thread::Builder::new().name("echo".to_owned()).spawn(serve)?;
        Ok(server)
    }

    pub(super) fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // One more connection wakes the server, which then sees the flag.
        drop(self.connect());
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
