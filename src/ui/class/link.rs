//! A page's link to its class: it connects, comes back when it was lost, and says what it wants.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use crate::{
    class::{
        order::{FORMAT, Face, Order, Up, Wish},
        view::{Desk, Down, Own, Refusal, Wall},
    },
    client::{
        browser,
        control::{self, Came, Control, Owner},
    },
};

/// How the link is, for who looks at the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// The first connection is under way.
    #[default]
    Connecting,
    /// Connected: what is shown is what is.
    Live,
    /// Lost; it comes back by itself.
    Away,
    /// The class is not there, or this page has no right to this face.
    Gone,
}

impl Standing {
    /// Its name in `data-standing`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Away => "away",
            Self::Gone => "gone",
        }
    }
}

/// What a page hears of its class.
pub enum Heard {
    /// What a desk or a remote shows.
    Desk(Box<Desk>),
    /// What the wall shows.
    Wall(Box<Wall>),
    /// What a reader's page shows.
    Own(Box<Own>),
    /// The wish or order with this mark is done.
    Done(u32),
    /// It is not done, and why.
    Refused(Option<u32>, Refusal),
    /// The link's own life went on.
    Standing(Standing),
}

/// The link. Dropping the last handle closes it.
#[derive(Clone)]
pub struct Link(Rc<Inner>);

struct Inner {
    face: Face,
    token: String,
    page: u64,
    marks: Cell<u32>,
    /// Whether it has ever been connected.
    lived: Cell<bool>,
    hear: Box<dyn Fn(Heard)>,
    /// What was wanted and is not answered yet: it is said again when the link comes back. All of it may be said twice.
    open: RefCell<Vec<(u32, Vec<u8>)>>,
    control: Control,
}

/// How much may wait for an answer.
const OPEN: usize = 64;

/// Where a tab keeps its page's number.
const PAGE: &str = "lifeline/page";

impl Link {
    /// Opens a link to the class of this code. `token` is a reader's, and empty for the other faces.
    pub fn open(code: &str, face: Face, token: String, hear: impl Fn(Heard) + 'static) -> Self {
        let url = browser::socket_url(&["/api/classes/", code, "/socket"].concat());
        Self(Rc::new_cyclic(|me: &Weak<Inner>| Inner {
            face,
            token,
            page: page(),
            marks: Cell::default(),
            lived: Cell::default(),
            hear: Box::new(hear),
            open: RefCell::default(),
            control: Control::open(url, me.clone()),
        }))
    }

    /// Says what a reader wants. The answer repeats the mark.
    pub fn wish(&self, wish: Wish) -> u32 {
        self.0.say(|id| Up::Wish { id, wish })
    }

    /// Gives an instructor's order. The answer repeats the mark.
    pub fn order(&self, order: Order) -> u32 {
        self.0.say(|id| Up::Order { id, order })
    }
}

/// This tab's number: a reload keeps it.
fn page() -> u64 {
    let kept = browser::recall_in_tab(PAGE).and_then(|text| text.parse().ok());
    kept.unwrap_or_else(|| {
        // Whole numbers up to 2^53 survive every reader of numbers.
        let page = (browser::random() * 9e15) as u64;
        browser::keep_in_tab(PAGE, &page.to_string());
        page
    })
}

impl Inner {
    fn say(&self, up: impl FnOnce(u32) -> Up) -> u32 {
        let id = self.marks.get() + 1;
        self.marks.set(id);
        let bytes = up(id).encode();
        self.control.send(&bytes);
        let mut open = self.open.borrow_mut();
        if open.len() == OPEN {
            // Whoever pressed so often without an answer has seen that the link is lost.
            open.remove(0);
        }
        open.push((id, bytes));
        id
    }

    fn answered(&self, id: u32) {
        self.open.borrow_mut().retain(|(open, _)| *open != id);
    }
}

impl Owner for Inner {
    fn hello(&self) -> Vec<u8> {
        Up::Hello { format: FORMAT, face: self.face, token: self.token.clone(), page: self.page }.encode()
    }

    fn beat(&self) -> Vec<u8> {
        Up::Beat.encode()
    }

    fn came(&self, message: &[u8]) -> Came {
        match Down::decode(message) {
            Ok(Down::Beat) => Came::Beat,
            Ok(Down::Desk(_) | Down::Wall(_) | Down::Own(_)) => Came::Proof,
            _ => Came::Other,
        }
    }

    fn down(&self, message: &[u8]) {
        let Ok(message) = Down::decode(message) else { return };
        (self.hear)(match message {
            Down::Desk(desk) => Heard::Desk(desk),
            Down::Wall(wall) => Heard::Wall(wall),
            Down::Own(own) => Heard::Own(own),
            Down::Done { id } => {
                self.answered(id);
                Heard::Done(id)
            }
            Down::Refused { id, why } => {
                id.into_iter().for_each(|id| self.answered(id));
                Heard::Refused(id, why)
            }
            Down::Beat => return,
        });
    }

    fn link(&self, link: control::Link) {
        (self.hear)(Heard::Standing(match link {
            control::Link::Connecting | control::Link::Waiting { .. } if self.lived.get() => Standing::Away,
            control::Link::Connecting | control::Link::Waiting { .. } => Standing::Connecting,
            control::Link::Live => {
                self.lived.set(true);
                self.open.borrow().iter().for_each(|(_, bytes)| _ = self.control.send(bytes));
                Standing::Live
            }
            control::Link::Gone => Standing::Gone,
        }));
    }
}
