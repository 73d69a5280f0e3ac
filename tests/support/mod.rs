//! A page without a browser: it opens a lab on a real server, follows its log, and polls over real sockets with the same
//! state machine that the page in the browser uses. What it sees it writes down as a browser would.

mod ask;
mod life;
mod pool;
mod source;
mod streams;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lifeline::{
    client::poll::{Action, Answer, Asking, asker},
    config::Config,
    ledger::Ledger,
    net::clock,
    server::{self, Running},
    wire::{
        ClientNo, Ending, ExchangeNo, FORMAT, Fact, Observation, Unit, Witness,
        control::{Command, Created, Down, LabSpec, Up},
        observation::ClientSettings,
    },
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{MissedTickBehavior, timeout},
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use ask::ask;
use pool::Pool;

/// A whole server on ports of its own.
pub async fn server() -> Running {
    server::start(Config { program: Some(env!("CARGO_BIN_EXE_lifeline").into()), ..Config::default() })
        .await
        .expect("a server on free ports starts")
}

/// Status and body, or how it ended without.
type Outcome = Result<(u16, String), Ending>;

/// A page with its lab.
pub struct Page {
    created: Created,
    lab: std::net::SocketAddr,
    up: mpsc::Sender<Up>,
    ledger: watch::Receiver<Ledger>,
    /// What concerns how sockets end: who saw which code, and the close frames on the wire.
    ends: watch::Receiver<Vec<Observation>>,
}

impl Page {
    /// Makes a lab and follows its log.
    pub async fn open(server: &Running, spec: &LabSpec) -> Self {
        let json = serde_json::to_string(spec).expect("a spec can be written");
        let head = format!(
            "POST /api/labs HTTP/1.1\r\nContent-Type: application/json\r\nOrigin: http://localhost:{}",
            server.site.port()
        );
        let (status, _, body) = ask(server.site, &head, &json).await.expect("the site answers");
        assert_eq!(status, 201, "{body}");
        let created: Created = serde_json::from_str(&body).expect("a lab was made");

        let url = format!("ws://localhost:{}/api/labs/{}/control", server.site.port(), created.lab);
        let mut request = url.into_client_request().expect("the address is good");
        let origin = format!("http://localhost:{}", server.site.port());
        request.headers_mut().insert("origin", origin.parse().expect("an origin is a header's value"));
        let socket = TcpStream::connect(server.site).await.expect("the site listens");
        let (socket, _) = tokio_tungstenite::client_async(request, socket).await.expect("the handshake succeeds");
        let (mut sink, mut stream) = socket.split();

        let (up, mut ups) = mpsc::channel::<Up>(256);
        let beat = up.clone();
        let hello = Up::Hello { format: FORMAT, secret: created.secret.clone(), page: 1, resume: None };
        up.send(hello).await.expect("the channel is open");
        tokio::spawn(async move {
            let mut numbered = 1;
            while let Some(mut message) = ups.recv().await {
                if let Up::Observe { first, seen, .. } = &mut message {
                    *first = numbered;
                    numbered += seen.len() as u64;
                }
                if sink.send(Message::binary(message.encode())).await.is_err() {
                    return;
                }
            }
        });
        let (tell, ledger) = watch::channel(Ledger::default());
        let (end, ends) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Message::Binary(bytes) = message else { continue };
                match Down::decode(&bytes).expect("the server speaks the format") {
                    Down::Snapshot { ledger, .. } => drop(tell.send_replace(*ledger)),
                    Down::Delta { records, .. } => {
                        let ended = records.iter().map(|record| &record.seen).filter(|seen| match &seen.fact {
                            Fact::Shut { .. } => true,
                            Fact::Unit { unit: Unit::Frame(frame), .. } => frame.opcode == 8,
                            _ => false,
                        });
                        end.send_modify(|all| all.extend(ended.cloned()));
                        tell.send_modify(|ledger| records.iter().for_each(|record| ledger.apply(&record.seen)));
                    }
                    Down::Refused { why, .. } => panic!("the lab refused: {why}"),
                    Down::Beat => drop(beat.try_send(Up::Beat)),
                    _ => {}
                }
            }
        });
        let page = Self { created, lab: server.lab, up, ledger, ends };
        page.command(Command::Source { running: true }).await;
        page
    }

    /// Asks something of the lab.
    pub async fn command(&self, command: Command) {
        self.up.send(Up::Command { id: 1, command }).await.expect("the control socket is open");
    }

    /// Waits until the ledger shows this, and returns it.
    pub async fn until(&self, what: &str, shows: impl Fn(&Ledger) -> bool) -> Ledger {
        let mut ledger = self.ledger.clone();
        let seen = timeout(Duration::from_secs(60), ledger.wait_for(|ledger| shows(ledger))).await;
        seen.unwrap_or_else(|_| panic!("not within a minute: {what}")).expect("the log goes on").clone()
    }

    /// Waits until the log tells this of how sockets end, and returns all that it told of it.
    pub async fn ends(&self, what: &str, told: impl Fn(&[Observation]) -> bool) -> Vec<Observation> {
        let mut ends = self.ends.clone();
        let seen = timeout(Duration::from_secs(60), ends.wait_for(|ends| told(ends))).await;
        seen.unwrap_or_else(|_| panic!("not within a minute: {what}")).expect("the log goes on").clone()
    }

    async fn observe(&self, client: ClientNo, exchange: Option<ExchangeNo>, fact: Fact) {
        let seen = Observation {
            at: clock::now(),
            witness: Witness::Browser,
            client: Some(client),
            exchange,
            conn: None,
            fact,
        };
        self.up.send(Up::Observe { first: 0, seen: vec![seen], dropped: 0 }).await.expect("the control socket is open");
    }

    /// Runs a polling client until it finishes by itself or the ledger shows what is wanted.
    pub async fn poll(self: &Arc<Self>, client: ClientNo, settings: ClientSettings, enough: impl Fn(&Ledger) -> bool) {
        self.observe(client, None, Fact::Started { settings: settings.clone() }).await;
        let (mut asks, interval) = asker(&settings, 0);
        let mut ticks = tokio::time::interval(Duration::from_millis(interval.unwrap_or(3_600_000).into()));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut asked: JoinSet<(ExchangeNo, Outcome)> = JoinSet::new();
        let mut under_way: BTreeMap<ExchangeNo, AbortHandle> = BTreeMap::new();
        let mut etag = None;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            let (actions, from) = tokio::select! {
                _ = ticks.tick() => (asks.tick(), None),
                Some(joined) = asked.join_next() => match joined {
                    Ok((n, Ok((status, body)))) => {
                        under_way.remove(&n);
                        let answer = Answer::read(&body);
                        let (news, actions) = asks.answered(n, status, &answer);
                        let bytes = body.len() as u32;
                        self.observe(client, Some(n), Fact::Answered { status, bytes, news }).await;
                        (actions, Some(n))
                    }
                    Ok((n, Err(how))) => {
                        let actions = asks.ended(n, how);
                        self.observe(client, Some(n), Fact::Ended { how }).await;
                        (actions, Some(n))
                    }
                    Err(_) => continue,
                },
            };
            for action in actions {
                match action {
                    Action::Ask { n, what } => {
                        let (method, path, accept) = self.request(client, n, what);
                        self.observe(client, Some(n), Fact::Asked { method: method.into(), target: path.clone() })
                            .await;
                        let known = etag.clone().filter(|_| what == Asking::BoardIfChanged);
                        let (to, seen) = (self.lab, known.clone());
                        if what == Asking::BoardIfChanged && etag.is_none() {
                            // As a browser's cache would: what was stored is sent back with its name.
                            let head = format!("GET {path} HTTP/1.1\r\nAccept: application/json");
                            let (_, head, _) = ask(to, &head, "").await.expect("the lab answers");
                            etag = head.lines().find_map(|line| line.strip_prefix("etag: ").map(str::to_owned));
                        }
                        let handle = asked.spawn(async move {
                            let condition = seen.map_or(String::new(), |etag| format!("\r\nIf-None-Match: {etag}"));
                            let head = format!("{method} {path} HTTP/1.1\r\nAccept: {accept}{condition}");
                            match ask(to, &head, "").await {
                                Ok((status, _, body)) if status > 0 => (n, Ok((status, body))),
                                _ => (n, Err(Ending::Failed)),
                            }
                        });
                        under_way.insert(n, handle);
                    }
                    Action::Abort(n) => {
                        if let Some(handle) = under_way.remove(&n) {
                            handle.abort();
                        }
                        self.observe(client, Some(n), Fact::Ended { how: Ending::Aborted }).await;
                    }
                    Action::Skip => self.observe(client, None, Fact::Skipped).await,
                    Action::Show(version) => self.observe(client, from, Fact::Shown { version }).await,
                    Action::Ignore(version) => self.observe(client, from, Fact::Ignored { version }).await,
                    Action::Later { ms } => ticks.reset_after(Duration::from_millis(ms.into())),
                    Action::Finish => return self.observe(client, None, Fact::Stopped).await,
                }
            }
            if enough(&self.ledger.borrow()) {
                return self.observe(client, None, Fact::Stopped).await;
            }
            assert!(tokio::time::Instant::now() < deadline, "not within a minute: {:?}", self.ledger.borrow());
        }
    }

    /// Connections to the lab as a browser keeps them, so many at most.
    pub fn pool(&self, most: usize) -> Arc<Pool> {
        Arc::new(Pool::new(self.lab, most))
    }

    /// An address below the lab's.
    pub fn path(&self, rest: &str) -> String {
        format!("/l/{}/{rest}", self.created.lab)
    }

    /// Writes down what a browser would have seen of an exchange.
    pub async fn told(&self, client: ClientNo, exchange: ExchangeNo, fact: Fact) {
        self.observe(client, Some(exchange), fact).await;
    }

    /// Visits the lab's page once, over connections of a pool.
    pub async fn visit(self: &Arc<Self>, pool: &Arc<Pool>, client: ClientNo, settings: ClientSettings) {
        self.observe(client, None, Fact::Started { settings: settings.clone() }).await;
        let (mut asks, _) = asker(&settings, 0);
        let mut asked: JoinSet<(ExchangeNo, std::io::Result<(u16, String)>)> = JoinSet::new();
        let mut actions = asks.tick();
        loop {
            for action in actions {
                match action {
                    Action::Ask { n, what } => {
                        let (method, target, _) = self.request(client, n, what);
                        let shown = Fact::Asked { method: method.into(), target: target.clone() };
                        self.observe(client, Some(n), shown).await;
                        let pool = Arc::clone(pool);
                        asked.spawn(async move { (n, pool.get(&target).await) });
                    }
                    Action::Finish => return self.observe(client, None, Fact::Stopped).await,
                    other => panic!("a visit does not {other:?}"),
                }
            }
            let (n, answer) = asked.join_next().await.expect("a visit ends with its last answer").expect("no panic");
            let (status, body) = answer.expect("the lab answers");
            let (news, next) = asks.answered(n, status, &Answer::read(&body));
            let bytes = body.len() as u32;
            self.observe(client, Some(n), Fact::Answered { status, bytes, news }).await;
            actions = next;
        }
    }

    fn request(&self, client: ClientNo, n: ExchangeNo, what: Asking) -> (&'static str, String, String) {
        let lab = &self.created.lab;
        if what == Asking::BoardIfChanged {
            return ("GET", format!("/l/{lab}/board/cached"), format!("application/json;c={client};n={n}"));
        }
        let (method, path) = what.request();
        (method, format!("/l/{lab}{path}c={client}&n={n}"), "application/json".to_owned())
    }
}
