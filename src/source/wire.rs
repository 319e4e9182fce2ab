//! What a stream is heard through: a WebSocket, or an HTTP answer that never ends.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::problem::Problem;
use crate::fetch::{LineStream, Socket};

/// An open stream.
pub(super) enum Wire {
    Socket(Box<Socket>),
    Lines(LineStream),
}

/// One thing heard.
pub(super) enum Heard {
    /// A message.
    Message(Vec<u8>),
    /// A sign of life of the connection.
    Alive,
    /// A sign of life of the stream itself, which says that there was nothing to tell.
    Beat,
    /// Nothing more comes, and why.
    Over(String),
}

impl Wire {
    /// The next thing. May be dropped half-way: nothing is lost.
    pub(super) async fn next(&mut self) -> Heard {
        match self {
            Wire::Socket(socket) => match socket.next().await {
                Some(Ok(Message::Text(text))) => Heard::Message(text.as_bytes().to_vec()),
                Some(Ok(Message::Binary(bytes))) => Heard::Message(bytes.to_vec()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heard::Alive,
                Some(Ok(Message::Close(_))) | None => Heard::Over("it closed the stream".to_owned()),
                Some(Err(error)) => Heard::Over(what(&error)),
            },
            Wire::Lines(lines) => match lines.next().await {
                Ok(Some(line)) if line.is_empty() => Heard::Beat,
                Ok(Some(line)) => Heard::Message(line),
                Ok(None) => Heard::Over("it closed the stream".to_owned()),
                Err(what) => Heard::Over(what),
            },
        }
    }

    /// Says these messages, in order.
    pub(super) async fn say(&mut self, host: &str, messages: &[String]) -> Result<(), Problem> {
        if let Wire::Socket(socket) = self {
            for message in messages {
                let said = socket.send(Message::Text(message.clone().into())).await;
                said.map_err(|error| Problem::Broken { host: host.to_owned(), what: what(&error) })?;
            }
        }
        Ok(())
    }

    /// Asks for a sign of life, where that is possible.
    pub(super) async fn ping(&mut self) -> Result<(), String> {
        match self {
            Wire::Socket(socket) => {
                socket.send(Message::Ping(Vec::new().into())).await.map_err(|error| what(&error))
            }
            Wire::Lines(_) => Ok(()),
        }
    }
}

/// What broke a stream, in words. Those of a close frame are the host's: they stay out.
fn what(error: &WsError) -> String {
    match error {
        WsError::ConnectionClosed | WsError::AlreadyClosed => "it closed the stream".to_owned(),
        WsError::Io(error) => error.to_string(),
        WsError::Capacity(error) => error.to_string(),
        WsError::Protocol(error) => error.to_string(),
        WsError::Tls(_)
        | WsError::WriteBufferFull(_)
        | WsError::Utf8(_)
        | WsError::AttackAttempt
        | WsError::Url(_)
        | WsError::Http(_)
        | WsError::HttpFormat(_) => "it broke the rules of the protocol".to_owned(),
    }
}
