//! HTTP answers that never end: one message a line, under the same guard, pace and limits.

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::timeout;

use super::error::{Fault, FetchError};
use super::hop::Hop;
use super::{Fetch, innermost, refused};
use crate::network::Request;

/// An open answer.
pub struct LineStream {
    chunks: BoxStream<'static, Result<Vec<u8>, String>>,
    /// What has arrived of the lines not given yet.
    held: Vec<u8>,
    /// How far `held` has been searched for the end of a line.
    searched: usize,
    cap: usize,
}

impl std::fmt::Debug for LineStream {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "LineStream({} bytes held)", self.held.len())
    }
}

impl LineStream {
    /// The next line without its end; `None` when the host has closed. May be dropped half-way.
    ///
    /// # Errors
    /// When the connection breaks, or a line is larger than the cap.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        loop {
            let fresh = self.held.get(self.searched..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.held.drain(..=self.searched + at).collect();
                self.searched = 0;
                line.truncate(line.trim_ascii_end().len());
                return Ok(Some(line));
            }
            self.searched = self.held.len();
            if self.held.len() > self.cap {
                return Err(format!("a line is larger than {} bytes", self.cap));
            }
            match self.chunks.next().await {
                Some(chunk) => self.held.extend(chunk?),
                None => return Ok(None),
            }
        }
    }
}

impl Fetch {
    /// Opens an endless answer. Redirects are not followed: such streams have none.
    ///
    /// # Errors
    /// When there is no connection, or the host refuses.
    pub async fn open_lines(&self, request: &Request) -> Result<LineStream, FetchError> {
        let hop = Hop::first(request)?;
        let host = hop.host();
        let failed = |fault| FetchError::new(host.clone(), fault);
        let mut turn = self.turn(&hop.url).await.map_err(failed)?;
        let sending = self.send(&self.streaming, &hop);
        let late = |_| Fault::Timeout { what: "no answer", after: self.config.total_timeout };
        let response =
            timeout(self.config.total_timeout, sending).await.map_err(late).flatten().map_err(failed)?;
        if !response.status().is_success() {
            return Err(refused(response, (self.clock)(), &mut turn, request).await.at(&host));
        }
        let chunks = response
            .bytes_stream()
            .map(|chunk| chunk.map(|bytes| bytes.to_vec()).map_err(|error| innermost(&error)));
        Ok(LineStream { chunks: chunks.boxed(), held: Vec::new(), searched: 0, cap: self.config.body_cap })
    }
}
