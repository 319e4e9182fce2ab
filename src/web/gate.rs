//! Connections, a bounded number of them, none for ever: whoever opens many and says nothing keeps the others
//! out for half a minute at most, and never the watch.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Connections at a time: a few readers and programs that push.
const CONNECTIONS: usize = 64;
/// Silence in both directions after which a connection is closed. A push may wait a minute for the desk.
const SILENCE: Duration = Duration::from_secs(90);
/// Silence while the first request is awaited.
const FIRST: Duration = Duration::from_secs(20);
/// The longest life of a connection: whoever drips bytes is let go too.
const LIFE: Duration = Duration::from_secs(600);
/// The pause after the system refused a connection, for lack of files.
const REST: Duration = Duration::from_millis(500);

/// Where connections come in.
pub(super) struct Gate {
    listener: TcpListener,
    free: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new(listener: TcpListener) -> Gate {
        Gate { listener, free: Arc::new(Semaphore::new(CONNECTIONS)) }
    }
}

impl Listener for Gate {
    type Io = Visit;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visit, SocketAddr) {
        loop {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&self.free).acquire_owned().await else { continue };
            match self.listener.accept().await {
                Ok((stream, from)) => return (Visit::new(stream, place), from),
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    sleep(REST).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection.
pub(super) struct Visit {
    stream: TcpStream,
    silence: Pin<Box<Sleep>>,
    end: Instant,
    _place: OwnedSemaphorePermit,
}

impl Visit {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit) -> Visit {
        Visit { stream, silence: Box::pin(sleep(FIRST)), end: Instant::now() + LIFE, _place: place }
    }

    /// Something was read or written.
    fn goes_on(&mut self) {
        let until = (Instant::now() + SILENCE).min(self.end);
        self.silence.as_mut().reset(until);
    }
}

impl AsyncRead for Visit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let visit = &mut *self;
        let before = into.filled().len();
        match Pin::new(&mut visit.stream).poll_read(context, into) {
            Poll::Ready(read) => {
                if into.filled().len() > before {
                    visit.goes_on();
                }
                Poll::Ready(read)
            }
            Poll::Pending => match visit.silence.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Visit {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let visit = &mut *self;
        match Pin::new(&mut visit.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                visit.goes_on();
                Poll::Ready(written)
            }
            Poll::Pending => match visit.silence.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
