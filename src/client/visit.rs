//! A visit to a page as a state machine: the document first, then all that it names at once, then it is over. How many of
//! the requests are under way at the same time is the browser's business: it opens six connections to a host.

use super::poll::{Action, Answer, Asking, Asks};
use crate::wire::{
    Ending, ExchangeNo,
    observation::{ClientSettings, News},
};

/// A visitor.
#[derive(Debug)]
pub struct Visit {
    settings: ClientSettings,
    asked: ExchangeNo,
    /// How many requests are under way.
    waiting: u32,
}

impl Visit {
    /// A visitor who has asked nothing yet.
    pub fn new(settings: ClientSettings) -> Self {
        Self { settings, asked: 0, waiting: 0 }
    }

    fn ask(&mut self, part: u8) -> Action {
        self.asked += 1;
        self.waiting += 1;
        Action::Ask { n: self.asked, what: Asking::Page { part, closing: self.settings.closing } }
    }

    /// A request is over, and with the last one the visit.
    fn over(&mut self) -> Vec<Action> {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 { vec![Action::Finish] } else { Vec::new() }
    }
}

impl Asks for Visit {
    fn tick(&mut self) -> Vec<Action> {
        if self.asked > 0 { Vec::new() } else { vec![self.ask(0)] }
    }

    fn answered(&mut self, n: ExchangeNo, _status: u16, answer: &Answer) -> (News, Vec<Action>) {
        // Only the first answer is the document; a resource's text names nothing.
        let named = if n == 1 { answer.resources.as_slice() } else { &[] };
        let mut actions: Vec<Action> =
            named.iter().take(self.settings.resources as usize).map(|part| self.ask(*part)).collect();
        actions.extend(self.over());
        (News::default(), actions)
    }

    fn ended(&mut self, _n: ExchangeNo, _how: Ending) -> Vec<Action> {
        self.over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Technique;

    const DOCUMENT: &str =
        r#"<link href="page/1"><script src="page/2"></script><img src="page/7" alt="see page/9"><a href="page/x">"#;

    fn visit(resources: u32, closing: bool) -> Visit {
        Visit::new(ClientSettings { resources, closing, ..ClientSettings::new(Technique::Request) })
    }

    fn page(n: ExchangeNo, part: u8, closing: bool) -> Action {
        Action::Ask { n, what: Asking::Page { part, closing } }
    }

    #[test]
    fn the_document_and_then_all_it_names_at_once() {
        let mut visit = visit(8, true);
        assert_eq!(visit.tick(), [page(1, 0, true)]);
        assert!(visit.tick().is_empty(), "a visit begins once");
        let document = Answer::read(DOCUMENT);
        assert_eq!(visit.answered(1, 200, &document).1, [page(2, 1, true), page(3, 2, true), page(4, 7, true)]);
        assert!(visit.answered(3, 200, &document).1.is_empty(), "only the document names anything");
        assert!(visit.ended(2, Ending::Failed).is_empty());
        assert_eq!(visit.answered(4, 200, &Answer::default()).1, [Action::Finish]);
    }

    #[test]
    fn no_more_than_asked_for() {
        let mut one = visit(0, false);
        one.tick();
        assert_eq!(one.answered(1, 200, &Answer::read(DOCUMENT)).1, [Action::Finish]);
        let mut failed = visit(8, false);
        failed.tick();
        assert_eq!(failed.ended(1, Ending::Aborted), [Action::Finish]);
    }

    #[test]
    fn what_is_asked_for_stands_in_the_address() {
        let target = |part, closing| Asking::Page { part, closing }.request().1;
        assert_eq!([target(0, false), target(3, true)], ["/page?", "/page/3?close=1&"]);
    }
}
