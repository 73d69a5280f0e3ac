//! The techniques that stay open, as the page's browser would run them: an event stream and a WebSocket, each until enough was seen.

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    client::poll::Alert,
    ledger::Ledger,
    wire::{
        ClientNo, Ending, Fact, Technique,
        observation::{ClientSettings, News},
    },
};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        self, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    Page,
    ask::ask,
    source::{Source, Told},
};

impl Page {
    /// Runs a client that listens, until the ledger shows what is wanted.
    pub async fn listen(&self, client: ClientNo, settings: ClientSettings, enough: impl Fn(&Ledger) -> bool) {
        let mut ledger = self.ledger.clone();
        if settings.technique == Technique::Sse {
            tokio::select! {
                () = self.follow(client, settings) => panic!("the stream failed"),
                seen = ledger.wait_for(|ledger| enough(ledger)) => drop(seen.expect("the log goes on")),
            }
        } else {
            self.observe(client, None, Fact::Started { settings }).await;
            let target = self.path(&format!("socket?cursor=0&c={client}&n=1"));
            self.observe(client, Some(1), Fact::Asked { method: "GET".into(), target: target.clone() }).await;
            let socket = TcpStream::connect(self.lab).await.expect("the lab listens");
            self.socket(client, &target, socket, enough).await;
        }
        self.observe(client, None, Fact::Stopped).await;
    }

    /// Follows an event stream until it fails for good. Whoever drops this closes it.
    pub async fn follow(&self, client: ClientNo, settings: ClientSettings) {
        let (named, cursor) = (settings.named, if settings.cursor { "cursor=0&" } else { "" });
        let target = self.path(&format!("events?{cursor}c={client}&n=1"));
        self.observe(client, None, Fact::Started { settings }).await;
        self.observe(client, Some(1), Fact::Asked { method: "GET".into(), target: target.clone() }).await;
        let (tell, mut told) = mpsc::channel(16);
        let write_down = async {
            while let Some(told) = told.recv().await {
                let fact = match told {
                    Told::Open => Fact::Streaming,
                    Told::Broken => Fact::Broken,
                    Told::Failed => Fact::Ended { how: Ending::Failed },
                    Told::Message { event, .. } if !named && !event.is_empty() => continue,
                    Told::Message { event, data } => {
                        let json: serde_json::Value = serde_json::from_str(&data).unwrap_or_default();
                        let seqs = json["seq"].as_u64().filter(|_| event == "alert").into_iter().collect();
                        let percent = json["percent"].as_u64().and_then(|percent| percent.try_into().ok());
                        let news = News { seqs, percent, missed: json["missed"].as_u64(), ..News::default() };
                        Fact::Message { bytes: data.len() as u32, news }
                    }
                };
                self.observe(client, Some(1), fact).await;
            }
        };
        tokio::join!(Source::new(self.lab, target).run(tell), write_down);
    }

    /// Listens to an event stream without writing down what comes: the name and the data of each event.
    pub fn overhear(&self, client: ClientNo) -> mpsc::Receiver<(String, String)> {
        let (tell, mut told) = mpsc::channel(16);
        let (pass, passed) = mpsc::channel(16);
        let source = Source::new(self.lab, self.path(&format!("events?c={client}&n=1")));
        tokio::spawn(source.run(tell));
        tokio::spawn(async move {
            while let Some(told) = told.recv().await {
                if let Told::Message { event, data } = told
                    && pass.send((event, data)).await.is_err()
                {
                    return;
                }
            }
        });
        passed
    }

    /// Sends a stroke of the pad in a request of its own. Gives the status.
    pub async fn post_stroke(&self, client: ClientNo, n: u32, stroke: &str) -> u16 {
        let head = format!("POST {}", self.path(&format!("stroke?c={client}&n={n}"))) + " HTTP/1.1";
        ask(self.lab, &head, stroke).await.expect("the lab answers").0
    }

    /// Asks for a socket, and gives the status of the answer.
    pub async fn handshake(&self, client: ClientNo) -> u16 {
        let io = TcpStream::connect(self.lab).await.expect("the lab listens");
        let url = format!("ws://localhost:{}/l/{}/socket?c={client}&n=1", self.lab.port(), self.created.lab);
        match client_async(url, io).await {
            Ok(_) => 101,
            Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Opens a socket without listening to it.
    pub async fn open_socket(&self, client: ClientNo) -> WebSocketStream<TcpStream> {
        let io = TcpStream::connect(self.lab).await.expect("the lab listens");
        let url = format!("ws://localhost:{}/l/{}/socket?c={client}&n=1", self.lab.port(), self.created.lab);
        client_async(url, io).await.expect("the handshake succeeds").0
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
