//! Who a unit belongs to: the lab, client and exchange of its request, on a connection that may serve several labs.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::watch;

use crate::{
    fault::{
        FaultId,
        chain::{Chain, Decision, Life, Meta, Outlook},
    },
    net::line::{Directory, Line},
    wire::{
        ClientNo, Close, ConnNo, Direction, ExchangeNo, Fact, Micros, Observation, Resource, Unit, Witness, decode::Cut,
    },
};

/// How many labs one connection is observed for. A browser's connection serves one, two when tabs share it; requests
/// for more than this pass unobserved and without faults.
const MAX_LABS: usize = 16;

/// How many unanswered requests are told apart on one connection. Above it (only a pipelining script gets there) the
/// oldest are forgotten, and their answers count as the newest request's.
const MAX_REQUESTS: usize = 1024;

/// Whom a unit belongs to. Without a line: nobody, and then it passes unobserved.
#[derive(Clone, Debug, Default)]
pub(super) struct Route {
    line: Option<Arc<Line>>,
    client: Option<ClientNo>,
    exchange: Option<ExchangeNo>,
    conn: ConnNo,
    /// The crowd of the synthetic client that asked: then it is summed up, not written down.
    crowd: Option<u32>,
    /// Who asked last on the connection, and for what: a fault may be for some only. What belongs to no exchange has it, too.
    asker: (Option<ClientNo>, Option<Resource>),
    /// Whether the client had asked for that on another connection before.
    again: bool,
}

impl Route {
    /// Writes a fact down for the lab, if there is one.
    pub(super) fn see(&self, at: Micros, fact: impl FnOnce() -> Fact) {
        if let Some(line) = self.line.as_ref().filter(|_| self.crowd.is_none()) {
            line.observe(Observation {
                at,
                witness: Witness::Wire,
                client: self.client,
                exchange: self.exchange,
                conn: Some(self.conn),
                fact: fact(),
            });
        }
    }

    /// Adds a unit to the sums of the lab's crowd, if it is one of a crowd.
    pub(super) fn sum(&self, dir: Direction, unit: &Unit) {
        if let (Some(line), Some(crowd)) = (&self.line, self.crowd) {
            line.crowd().unit(crowd, dir, unit);
        }
    }

    /// The decision of the chain in force.
    pub(super) fn decide(&self, meta: Meta<'_>) -> Decision {
        let (client, resource) = self.asker;
        let meta = Meta { client, resource, again: self.again, ..meta };
        self.line.as_ref().map_or_else(Decision::default, |line| line.decide(meta))
    }

    /// Counts a strike. False: the fault has none left, and must not strike.
    pub(super) fn spend(&self, by: FaultId) -> bool {
        self.line.as_ref().is_none_or(|line| line.spend(by))
    }

    /// Whose chain decides.
    pub(super) fn line(&self) -> Option<&Arc<Line>> {
        self.line.as_ref()
    }

    /// What wakes when another chain comes into force.
    pub(super) fn changes(&self) -> Option<watch::Receiver<Arc<Chain>>> {
        let mut changes = self.line.as_ref()?.changes();
        changes.borrow_and_update();
        Some(changes)
    }
}

/// The requests of a connection, and the labs they were for.
pub(super) struct Book {
    directory: Arc<dyn Directory>,
    conn: ConnNo,
    accepted: Micros,
    /// The unanswered requests, oldest first, by their number on the connection.
    requests: VecDeque<(u32, Route)>,
    /// The newest request's, which what belongs to no request goes by.
    newest: Route,
    /// The labs, each with the crowd of it that asked, if one did: a connection may carry both, and then is told of twice.
    served: Vec<Served>,
}

/// A lab that a connection served.
struct Served {
    line: Arc<Line>,
    /// The crowd that asked, if one did.
    crowd: Option<u32>,
    /// The connection's place among those of the lab.
    place: u32,
}

impl Book {
    pub(super) fn new(directory: Arc<dyn Directory>, conn: ConnNo, accepted: Micros) -> Self {
        Self { directory, conn, accepted, requests: VecDeque::new(), newest: Route::default(), served: Vec::new() }
    }

    pub(super) fn conn(&self) -> ConnNo {
        self.conn
    }

    /// Whose a unit is. A request head is entered; the first one of a lab tells it about the connection.
    pub(super) fn route(&mut self, dir: Direction, cut: &Cut) -> Route {
        if let Some(address) = &cut.address {
            let line = address.lab.as_ref().and_then(|lab| self.directory.line(lab));
            let crowd = address.crowd;
            let line = line.filter(|line| self.serves(line, crowd) || self.served.len() < MAX_LABS);
            let (client, exchange) = (address.client, address.exchange);
            let asker = (client, address.resource);
            let again = line.as_ref().is_some_and(|line| line.common().again(client, address.resource, self.conn));
            let route = Route { line, client, exchange, conn: self.conn, crowd, asker, again };
            if let Some(line) = &route.line
                && !self.serves(line, crowd)
            {
                let place = self.place(line).unwrap_or_else(|| line.common().place());
                self.served.push(Served { line: line.clone(), crowd, place });
                if let Some(crowd) = crowd {
                    line.crowd().opened(crowd, self.accepted);
                }
                route.see(self.accepted, || Fact::Opened);
            }
            if self.requests.len() == MAX_REQUESTS {
                self.requests.pop_front();
            }
            self.requests.push_back((cut.request, route.clone()));
            self.newest = route.clone();
            return route;
        }
        if dir == Direction::Down {
            // Answers come in the order of the requests (RFC 9112 §9.3.2): what is older is answered.
            while self.requests.front().is_some_and(|(no, _)| *no < cut.request) {
                self.requests.pop_front();
            }
        }
        match self.requests.iter().find(|(no, _)| *no == cut.request) {
            Some((_, route)) => route.clone(),
            None => self.unasked(),
        }
    }

    /// The newest request's lab.
    pub(super) fn owner(&self) -> Option<&Arc<Line>> {
        self.newest.line()
    }

    /// The newest request's route.
    pub(super) fn newest(&self) -> Route {
        self.newest.clone()
    }

    /// What the chain of the lab that was asked last has in store for the connection.
    pub(super) fn outlook(&self, life: Life) -> Outlook {
        let (client, resource) = self.newest.asker;
        let Some(line) = &self.newest.line else { return Outlook::default() };
        let order = self.place(line).unwrap_or_default();
        line.outlook(self.conn, Life { client, resource, order, ..life })
    }

    /// Tells the lab that was asked last that a fault has struck the connection.
    pub(super) fn struck(&self, at: Micros, by: FaultId) {
        self.newest.see(at, || Fact::Struck { by });
    }

    /// Whose a unit is that belongs to no request: the newest lab's, but no exchange's.
    fn unasked(&self) -> Route {
        Route { client: None, exchange: None, ..self.newest.clone() }
    }

    fn serves(&self, line: &Arc<Line>, crowd: Option<u32>) -> bool {
        self.served.iter().any(|served| Arc::ptr_eq(&served.line, line) && served.crowd == crowd)
    }

    /// The connection's place among those of a lab that it served.
    fn place(&self, line: &Arc<Line>) -> Option<u32> {
        self.served.iter().find(|served| Arc::ptr_eq(&served.line, line)).map(|served| served.place)
    }

    /// Tells every lab that the connection served that a direction of it has ended.
    pub(super) fn closed(&self, at: Micros, dir: Direction, how: Close, bytes_up: u64, bytes_down: u64) {
        for Served { line, crowd, .. } in &self.served {
            // Both directions end; the connection is at its end with the way down.
            if crowd.is_some() && dir == Direction::Down {
                line.crowd().closed();
            }
            let route = Route { line: Some(line.clone()), conn: self.conn, crowd: *crowd, ..Route::default() };
            route.see(at, || Fact::Closed { dir, how, bytes_up, bytes_down });
        }
    }
}
