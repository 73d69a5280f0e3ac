//! The pages of a class: what each is, what it was shown last, and how it is sent away.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use crate::{
    class::{
        Class, Moment, ReaderNo,
        order::Face,
        show::{self, Live},
        view::{Common, Down},
    },
    room::{
        rate::{Bucket, Rate},
        subscriber::Goodbye,
    },
};

/// How many pages one reader may have open.
const PER_READER: usize = 4;

/// How many desks and remotes a class may have open.
const DESKS: usize = 16;

/// How many projectors.
const WALLS: usize = 64;

/// How often a reader may want something: each wish may become an event, of which a log holds only so many.
pub const WISHES: Rate = Rate { burst: 100.0, per_second: 4.0 };

/// What a page is to the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The instructor's.
    Desk,
    /// The wall's.
    Wall,
    /// A reader's.
    Reader(ReaderNo),
}

impl Who {
    /// What a page with the right for this face is. A reader's number is known by its token.
    pub fn of(face: Face, reader: Option<ReaderNo>) -> Option<Self> {
        match face {
            Face::Desk | Face::Remote => Some(Self::Desk),
            Face::Projector => Some(Self::Wall),
            Face::Reader => reader.map(Self::Reader),
        }
    }
}

/// The socket's end of a page.
#[derive(Debug)]
pub struct Subscription {
    /// Its number in the class.
    pub id: u64,
    /// What to show: the newest view only, since each is whole.
    pub view: watch::Receiver<Bytes>,
    /// When and why to close.
    pub close: oneshot::Receiver<Goodbye>,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Its number in the class.
    pub id: u64,
    /// What it is.
    pub who: Who,
    /// The page's own number.
    pub page: u64,
    /// Whose picture this desk watches.
    pub watches: Option<ReaderNo>,
    view: watch::Sender<Bytes>,
    close: oneshot::Sender<Goodbye>,
    /// The digest of what it was shown last, but for the time.
    shown: Option<u64>,
}

/// All pages of a class.
#[derive(Debug, Default)]
pub struct Pages {
    all: Vec<Page>,
    /// How many there ever were.
    count: u64,
}

impl Pages {
    /// Lets a page in, unless there are too many of its kind. A page that comes back takes the place of its old socket.
    pub fn enter(&mut self, who: Who, page: u64) -> Result<Subscription, Goodbye> {
        for old in self.all.extract_if(.., |other| other.page == page && other.who == who) {
            old.dismiss(Goodbye::new(4409, "this page has come back on another socket"));
        }
        let most = match who {
            Who::Desk => DESKS,
            Who::Wall => WALLS,
            Who::Reader(_) => PER_READER,
        };
        if self.of(who).count() >= most {
            return Err(Goodbye::new(1013, "too many pages of this kind are open; close one and try again"));
        }
        self.count += 1;
        let (view, views) = watch::channel(Bytes::new());
        let (close, closed) = oneshot::channel();
        self.all.push(Page { id: self.count, who, page, watches: None, view, close, shown: None });
        Ok(Subscription { id: self.count, view: views, close: closed })
    }

    /// Lets a page go, and gives what it was.
    pub fn leave(&mut self, id: u64) -> Option<Who> {
        let at = self.all.iter().position(|page| page.id == id)?;
        Some(self.all.swap_remove(at).who)
    }

    /// The page of this number.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Page> {
        self.all.iter_mut().find(|page| page.id == id)
    }

    /// The pages of this kind.
    pub fn of(&self, who: Who) -> impl Iterator<Item = &Page> {
        self.all.iter().filter(move |page| page.who == who)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Sends away the pages of this kind.
    pub fn dismiss(&mut self, who: Who, goodbye: &Goodbye) {
        self.all.extract_if(.., |page| page.who == who).for_each(|page| page.dismiss(goodbye.clone()));
    }

    /// Sends all away.
    pub fn dismiss_all(&mut self, goodbye: &Goodbye) {
        self.all.drain(..).for_each(|page| page.dismiss(goodbye.clone()));
    }

    /// Shows desks (or the others) what changed.
    pub fn show(&mut self, desks: bool, class: &Class, live: &Live, now: Moment) {
        // All walls show the same.
        let mut wall = None;
        for page in self.all.iter_mut().filter(|page| (page.who == Who::Desk) == desks) {
            let view = match page.who {
                Who::Desk => Down::Desk(Box::new(show::desk(class, live, page.page, page.watches, 0))),
                Who::Wall => wall.get_or_insert_with(|| Down::Wall(Box::new(show::wall(class, live, 0)))).clone(),
                Who::Reader(no) => match show::own(class, live, no, 0) {
                    Some(own) => Down::Own(Box::new(own)),
                    None => continue,
                },
            };
            page.show(view, now);
        }
    }
}

impl Page {
    fn show(&mut self, mut view: Down, now: Moment) {
        let mut digest = DefaultHasher::new();
        view.encode().hash(&mut digest);
        let digest = Some(digest.finish());
        if self.shown == digest {
            return;
        }
        self.shown = digest;
        if let Some(common) = common(&mut view) {
            common.now = now;
        }
        self.view.send_replace(view.encode().into());
    }

    fn dismiss(self, goodbye: Goodbye) {
        // The socket may be gone.
        let _ = self.close.send(goodbye);
    }
}

fn common(view: &mut Down) -> Option<&mut Common> {
    match view {
        Down::Desk(desk) => Some(&mut desk.common),
        Down::Wall(wall) => Some(&mut wall.common),
        Down::Own(own) => Some(&mut own.common),
        Down::Done { .. } | Down::Refused { .. } | Down::Beat => None,
    }
}

/// How often each reader may still want something.
#[derive(Debug, Default)]
pub struct Patience {
    buckets: std::collections::BTreeMap<ReaderNo, Bucket>,
}

impl Patience {
    /// Whether the reader may want something now.
    pub fn take(&mut self, reader: ReaderNo) -> bool {
        let now = std::time::Instant::now();
        self.buckets.entry(reader).or_insert_with(|| Bucket::new(WISHES, now)).take(WISHES, now)
    }
}
