//! The techniques that stay open, as the page's browser would run them: an event stream and a WebSocket, each until enough was seen.

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    client::poll::Alert,
    ledger::Ledger,
    wire::{
        ClientNo, Fact, Technique,
        observation::{ClientSettings, News},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::Page;

impl Page {
    /// Runs a client that listens, until the ledger shows what is wanted.
    pub async fn listen(&self, client: ClientNo, settings: ClientSettings, enough: impl Fn(&Ledger) -> bool) {
        let technique = settings.technique;
        self.observe(client, None, Fact::Started { settings }).await;
        let name = if technique == Technique::Sse { "events" } else { "socket" };
        let target = format!("/l/{}/{name}?cursor=0&c={client}&n=1", self.created.lab);
        self.observe(client, Some(1), Fact::Asked { method: "GET".into(), target: target.clone() }).await;
        let socket = TcpStream::connect(self.lab).await.expect("the lab listens");
        match technique {
            Technique::Sse => self.stream(client, &target, socket, enough).await,
            _ => self.socket(client, &target, socket, enough).await,
        }
        self.observe(client, None, Fact::Stopped).await;
    }

    /// Opens a socket without listening to it.
    pub async fn open_socket(&self, client: ClientNo) -> WebSocketStream<TcpStream> {
        let io = TcpStream::connect(self.lab).await.expect("the lab listens");
        let url = format!("ws://localhost:{}/l/{}/socket?c={client}&n=1", self.lab.port(), self.created.lab);
        client_async(url, io).await.expect("the handshake succeeds").0
    }

    async fn stream(&self, client: ClientNo, target: &str, mut io: TcpStream, enough: impl Fn(&Ledger) -> bool) {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.lab.port());
        io.write_all(request.as_bytes()).await.expect("it is sent");
        let mut ledger = self.ledger.clone();
        let (mut text, mut piece) = (String::new(), [0; 4096]);
        loop {
            tokio::select! {
                read = io.read(&mut piece) => {
                    let read = read.expect("the stream goes on");
                    text.push_str(std::str::from_utf8(&piece[..read]).expect("it is text"));
                    while let Some((line, rest)) = text.split_once('\n') {
                        if let Some(data) = line.strip_prefix("data: ") {
                            self.got(client, data).await;
                        }
                        text = rest.to_owned();
                    }
                }
                seen = ledger.wait_for(|ledger| enough(ledger)) => return drop(seen.expect("the log goes on")),
            }
        }
    }

    async fn socket(&self, client: ClientNo, target: &str, io: TcpStream, enough: impl Fn(&Ledger) -> bool) {
        let url = format!("ws://localhost:{}{target}", self.lab.port());
        let (mut socket, _) = client_async(url, io).await.expect("the handshake succeeds");
        self.observe(client, Some(1), Fact::Streaming).await;
        let mut ledger = self.ledger.clone();
        loop {
            tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.got(client, &text).await,
                    other => panic!("no text: {other:?}"),
                },
                seen = ledger.wait_for(|ledger| enough(ledger)) => break drop(seen.expect("the log goes on")),
            }
        }
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        socket.send(Message::Close(Some(frame))).await.expect("it is sent");
        while let Some(Ok(_)) = socket.next().await {}
    }

    async fn got(&self, client: ClientNo, data: &str) {
        let alert: Alert = serde_json::from_str(data).expect("an update is JSON");
        let news = News { seqs: vec![alert.seq], ..News::default() };
        self.observe(client, Some(1), Fact::Message { bytes: data.len() as u32, news }).await;
    }
}
