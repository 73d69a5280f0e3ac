//! The site: every page of the course, in every language, rendered anew for each request.
//!
//! A request comes in through [`guard`], its path is read by [`page::Page`], one of the page modules turns the page into a
//! [`shell::Sheet`], and [`shell`] puts the sheet into a document. Nothing here waits for anything, so a page is rendered
//! in one go; what lives in it are the islands of [`crate::ui`].

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use crate::{
    class::Code,
    i18n::Locale,
    lesson::{
        load::{Library, Shelf},
        manifest,
    },
};

pub mod assets;
mod choose;
mod class;
pub mod guard;
mod guide;
mod home;
mod join;
mod lesson;
pub mod page;
mod panel;
mod path;
mod recording;
mod reference;
mod sheets;
mod shell;

pub use guard::Addresses;
use page::{ClassFace, Page};
use shell::{Sheet, Theme};

/// What the pages need. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The lessons.
    pub shelf: Arc<Shelf>,
    /// The site's own addresses.
    pub addresses: Arc<dyn Addresses>,
}

/// What a page module needs to know to make its sheet.
#[derive(Clone)]
struct Here {
    locale: Locale,
    library: Arc<Library>,
    /// What was asked for: the query may say more than the path.
    uri: Uri,
}

impl Here {
    /// The path of a page. Whoever walks a path through the course stays on it.
    fn path(&self, page: &Page) -> String {
        let mut href = page.path(self.locale);
        if let (Page::Step { lesson, step }, Some(path)) = (page, self.walked())
            && path.steps.contains(&format!("{lesson}/{step}"))
        {
            href.push_str("?path=");
            href.push_str(&path.id);
        }
        href
    }

    /// The path through the course that the reader walks, if any.
    fn walked(&self) -> Option<&manifest::Path> {
        let id = self.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("path="))?;
        self.library.course.path.iter().find(|path| path.id == id)
    }
}

/// The pages and their files. Merge the API into it, then wrap the whole with [`guarded`].
pub fn pages(state: AppState) -> Router {
    Router::new()
        .route("/", get(choose))
        .route("/join/{code}", get(join_by_code))
        .route("/locale/{*path}", get(remember))
        .route(
            "/pkg/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { assets::serve(&path, &headers) }),
        )
        .route("/recordings/{lesson}/{step}", get(recording::file))
        .route("/{locale}/class/part/{face}/{lesson}/{step}", get(class::part))
        .route("/{locale}/class/part/fault", get(class::fault))
        .route("/favicon.svg", get(|| async { assets::favicon() }))
        .fallback(show)
        .with_state(state)
}

/// A router whose every answer, a 404 too, is checked and completed by [`guard::guard`].
pub fn guarded(router: Router, addresses: Arc<dyn Addresses>) -> Router {
    router.layer(middleware::from_fn_with_state(addresses, guard::guard))
}

/// The whole site without an API: [`pages`], [`guarded`].
pub fn router(state: AppState) -> Router {
    let addresses = state.addresses.clone();
    guarded(pages(state), addresses)
}

/// The name of the cookie that remembers the language.
const LOCALE: &str = "locale";

/// The name of the cookie that remembers the theme. The page writes it.
const THEME: &str = "theme";

/// `/`: to the home page in the language that the reader chose before, or that the browser asks for.
async fn choose(headers: HeaderMap) -> Response {
    in_own_language(&headers, &Page::Home)
}

/// `/join/ACDEFG`, as it stands on the wall: the same for the page where readers join that class.
async fn join_by_code(Path(code): Path<String>, headers: HeaderMap) -> Response {
    match Code::parse(&code) {
        Some(code) => in_own_language(&headers, &Page::Join(code)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn in_own_language(headers: &HeaderMap, page: &Page) -> Response {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let locale = cookie(headers, LOCALE).and_then(Locale::from_prefix).unwrap_or_else(|| Locale::negotiate(wanted));
    let to = [
        (header::LOCATION, page.path(locale)),
        (header::VARY, "accept-language, cookie".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (StatusCode::FOUND, to).into_response()
}

/// `/locale/zh/lab`: remembers the language and goes on to `/zh/lab`. It can lead nowhere but into the site.
async fn remember(Path(path): Path<String>) -> Response {
    let (prefix, rest) = path.split_once('/').unwrap_or((&path, ""));
    let Some(locale) = Locale::from_prefix(prefix) else { return StatusCode::NOT_FOUND.into_response() };
    let target = Page::parse(rest).unwrap_or(Page::Home).path(locale);
    let kept = format!("{LOCALE}={}; Path=/; Max-Age=31536000; SameSite=Lax", locale.prefix());
    ([(header::SET_COOKIE, kept), (header::CACHE_CONTROL, "no-store".to_owned())], Redirect::to(&target))
        .into_response()
}

/// Everything else is a page, or is not there.
async fn show(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path();
    let (prefix, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let headers = request.headers();
    let named = Locale::from_prefix(prefix);
    if named.is_some()
        && let Some(whole) = complete(path)
    {
        return Redirect::permanent(&whole).into_response();
    }
    let locale = named.or_else(|| cookie(headers, LOCALE).and_then(Locale::from_prefix)).unwrap_or_else(|| {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Locale::negotiate(wanted.unwrap_or_default())
    });
    let page = named.and_then(|_| Page::parse(rest));
    let here = Here { locale, library: state.shelf.library(), uri: request.uri().clone() };

    // A lesson's own address leads to its first step.
    if let Some(id) = named.and_then(|_| lesson_only(rest))
        && let Some(step) = here.library.lesson(id).and_then(|lesson| lesson.manifest.step.first())
    {
        let first = Page::Step { lesson: id.to_owned(), step: step.id.clone() };
        return Redirect::temporary(&here.path(&first)).into_response();
    }

    if page == Some(Page::Class)
        && let Some(join) = class::to_join(locale, request.uri())
    {
        return join.into_response();
    }

    let request = shell::Asked {
        theme: cookie(headers, THEME).and_then(Theme::from_name).unwrap_or_default(),
        host: guard::host(headers).unwrap_or_default().to_owned(),
        page: page.clone(),
        brotli: assets::accepts_brotli(headers),
    };
    let lab_origin = state.addresses.lab_origin(&request.host);
    shell::answer(&here, &request, &lab_origin, || {
        let sheet = page.as_ref().and_then(|page| sheet(&here, page));
        match sheet {
            Some(sheet) => (StatusCode::OK, sheet),
            None => (StatusCode::NOT_FOUND, reference::missing(&here)),
        }
    })
}

/// The sheet of a page, or nothing if the course has no such lesson or step.
fn sheet(here: &Here, page: &Page) -> Option<Sheet> {
    match page {
        Page::Home => Some(home::home(here)),
        Page::Map => Some(home::map(here)),
        Page::Step { lesson, step } => lesson::step(here, lesson, step),
        Page::Recap(lesson) => lesson::recap(here, lesson),
        Page::Print(lesson) => sheets::print(here, lesson),
        Page::Teach(lesson) => sheets::teach(here, lesson),
        Page::Lab => Some(reference::lab(here)),
        Page::Path(path) => path::path(here, path),
        Page::Choose => Some(choose::choose(here)),
        Page::Faults => Some(guide::guide(here)),
        Page::Recording(of) => recording::page(here, of.as_ref()),
        Page::Glossary => Some(reference::glossary(here)),
        Page::Notes => Some(reference::notes(here)),
        Page::Errata => reference::errata(here),
        Page::Class => Some(class::open(here)),
        Page::ClassFace(code, ClassFace::Desk) => Some(class::desk(here, code)),
        Page::ClassFace(code, ClassFace::Wall) => Some(class::wall(here, code)),
        Page::ClassFace(code, ClassFace::Remote) => Some(class::remote(here, code)),
        Page::ClassFace(code, ClassFace::Report) => Some(class::report(here, code)),
        Page::Join(code) => Some(join::join(here, code)),
        Page::Room(code) => Some(join::room(here, code)),
        Page::Quiz(_, round) => Some(join::quiz(here, *round)),
    }
}

/// The address that someone meant who left out a last slash, or put one too many.
fn complete(path: &str) -> Option<String> {
    match path.strip_suffix('/') {
        Some(shorter) => {
            let rest = shorter.trim_start_matches('/').split_once('/')?.1;
            Page::parse(rest).filter(|_| !rest.is_empty()).map(|_| shorter.to_owned())
        }
        None => {
            let longer = format!("{path}/");
            let rest = longer.trim_start_matches('/').split_once('/')?.1.to_owned();
            Page::parse(&rest).map(|_| longer)
        }
    }
}

/// The lesson of `lessons/short-polling` or `lessons/short-polling/`.
fn lesson_only(rest: &str) -> Option<&str> {
    let id = rest.strip_prefix("lessons/")?;
    let id = id.strip_suffix('/').unwrap_or(id);
    (!id.is_empty() && !id.contains('/')).then_some(id)
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_with_slashes_are_mended() {
        for (path, expected) in [
            ("/en", Some("/en/")),
            ("/en/lessons", Some("/en/lessons/")),
            ("/en/lab/", Some("/en/lab")),
            ("/en/lessons/a/b/", Some("/en/lessons/a/b")),
            ("/en/", None),
            ("/en/lab", None),
            ("/en/lessons/", None),
            ("/en/lessons/a", None),
        ] {
            assert_eq!(complete(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, "xtheme=a; theme=dark; themes=b".parse().expect("ascii"))]);
        assert_eq!(cookie(&headers, "theme"), Some("dark"));
        assert_eq!(cookie(&headers, "them"), None);
    }
}
