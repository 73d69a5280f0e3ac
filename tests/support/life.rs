//! A WebSocket client with the same state machine as the page's: it beats, takes silence for death, and comes back.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    client::{
        life::{Action, Input, Life},
        poll::Alert,
    },
    net::clock,
    wire::{
        ClientNo, Fact,
        observation::{ClientSettings, News},
    },
};
use tokio::{net::TcpStream, task::JoinHandle, time::sleep};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use super::Page;

type Socket = WebSocketStream<TcpStream>;

/// What a client waits for.
enum Wire {
    None,
    Opening(JoinHandle<Option<Socket>>),
    Open(Box<Socket>),
}

impl Wire {
    /// The next thing that happens on it.
    async fn next(&mut self) -> Option<Message> {
        match self {
            Wire::None => std::future::pending().await,
            Wire::Opening(opening) => {
                match opening.await {
                    Ok(Some(socket)) => *self = Wire::Open(Box::new(socket)),
                    _ => *self = Wire::None,
                }
                None
            }
            Wire::Open(socket) => match socket.next().await {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => Some(message),
                Some(Ok(_)) => Some(Message::Ping(Vec::new().into())),
                _ => {
                    *self = Wire::None;
                    None
                }
            },
        }
    }
}

impl Page {
    /// Runs a client until its life is over or whoever runs it drops this.
    pub async fn live(&self, client: ClientNo, settings: ClientSettings) {
        let mut query = format!("c={client}");
        for (name, value) in
            [("ping", settings.ping_ms), ("timeout", settings.pong_timeout_ms), ("piece", settings.piece)]
        {
            query.extend(value.map(|value| format!("&{name}={value}")));
        }
        let binary = if settings.binary { "&binary=1" } else { "" };
        let (mut life, mut wire) = (Life::new(&settings), Wire::None);
        let (mut known, mut exchange, mut beats) = (0, 0, 0);
        self.observe(client, None, Fact::Started { settings: settings.clone() }).await;
        let mut input = Input::Start;
        loop {
            for action in life.on(input, clock::now(), fastrand::f64()) {
                match action {
                    Action::Become(state) => self.observe(client, None, Fact::Life { state }).await,
                    Action::Connect => {
                        exchange += 1;
                        let target = self.path(&format!("socket?cursor={known}&{query}&n={exchange}{binary}"));
                        let asked = Fact::Asked { method: "GET".into(), target: target.clone() };
                        self.observe(client, Some(exchange), asked).await;
                        let (to, url) = (self.lab, format!("ws://localhost:{}{target}", self.lab.port()));
                        wire = Wire::Opening(tokio::spawn(async move {
                            let io = TcpStream::connect(to).await.ok()?;
                            client_async(url, io).await.ok().map(|(socket, _)| socket)
                        }));
                    }
                    Action::Beat => {
                        beats += 1;
                        let text = format!("beat {beats}");
                        let bytes = text.len() as u32;
                        if let Wire::Open(socket) = &mut wire
                            && socket.send(Message::text(text)).await.is_ok()
                        {
                            self.observe(client, Some(exchange), Fact::Sent { bytes }).await;
                        }
                    }
                    Action::Drop => wire = Wire::None,
                }
            }
            let due = life.due();
            let time = async {
                match due {
                    Some(due) => sleep(Duration::from_micros((due - clock::now()).max(0).unsigned_abs())).await,
                    None => std::future::pending().await,
                }
            };
            let opening = matches!(wire, Wire::Opening(_));
            input = tokio::select! {
                () = time => Input::Time,
                message = wire.next() => match (message, &wire) {
                    (None, Wire::Open(_)) if opening => {
                        self.observe(client, Some(exchange), Fact::Streaming).await;
                        Input::Opened
                    }
                    (None, _) => Input::Closed,
                    (Some(message), _) => {
                        if let Some((bytes, seq)) = read(&message) {
                            known = seq.unwrap_or(known);
                            let news = News { seqs: seq.into_iter().collect(), ..News::default() };
                            self.observe(client, Some(exchange), Fact::Message { bytes, news }).await;
                        }
                        let beat = matches!(&message, Message::Text(text) if text.starts_with("beat"));
                        if beat { Input::Returned } else { Input::Heard }
                    }
                },
            };
        }
    }
}

/// Length of a message, and the number of the update that it brings.
fn read(message: &Message) -> Option<(u32, Option<u64>)> {
    match message {
        Message::Text(text) => {
            Some((text.len() as u32, serde_json::from_str::<Alert>(text).ok().map(|alert| alert.seq)))
        }
        Message::Binary(bytes) => {
            let seq = bytes.get(1..5).and_then(|seq| seq.try_into().ok()).map(|seq| u32::from_be_bytes(seq).into());
            Some((bytes.len() as u32, seq))
        }
        _ => None,
    }
}
