//! The document round every page.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hydration_context::SsrSharedContext;
use leptos::{config::LeptosOptions, hydration::HydrationScripts, nonce::Nonce, prelude::*};
use std::sync::Arc;

use super::{Here, assets, guard, page::Page};
use crate::{
    i18n::{Locale, t, tf},
    lesson::render::escape,
    ui::{
        class::bar::ClassBar,
        page::{Keys, Theme as ThemeButton},
    },
    wire::Technique,
};

/// How a page is lit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system is.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The theme that the cookie names.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name)
    }

    /// Its name in the cookie and in `data-theme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a request says about the document.
pub struct Asked {
    /// How it is lit.
    pub theme: Theme,
    /// The host it was asked from.
    pub host: String,
    /// The page, if there is one.
    pub page: Option<Page>,
    /// Whether the browser takes brotli.
    pub brotli: bool,
}

/// A page before it is put into its document.
pub struct Sheet {
    /// Its title, without the course's name.
    pub title: String,
    /// One sentence for search engines and previews.
    pub about: String,
    /// The technique that gives the page its colour.
    pub technique: Option<Technique>,
    /// Which kind of page it is, for the styles.
    pub kind: &'static str,
    /// Where it stands: words, and where they lead. The last one is the page itself.
    pub crumbs: Vec<(String, Option<Page>)>,
    /// Which of how many it is, for the steps of a lesson.
    pub place: Option<(usize, usize)>,
    /// The page before and the page after, for the arrow keys.
    pub turn: (Option<Page>, Option<Page>),
    /// What stands in `<main>`.
    pub body: AnyView,
    /// Popovers that the page's terms open.
    pub popovers: String,
}

impl Sheet {
    /// A page of some kind, to be completed.
    pub fn new(kind: &'static str, title: String, body: impl IntoView + 'static) -> Self {
        Self {
            about: t("page.about"),
            technique: None,
            kind,
            crumbs: vec![(title.clone(), None)],
            title,
            place: None,
            turn: (None, None),
            body: body.into_any(),
            popovers: String::new(),
        }
    }
}

/// Renders a page with its words, its nonce and its islands' context, and gives it its headers.
pub fn answer(here: &Here, asked: &Asked, lab_origin: &str, make: impl FnOnce() -> (StatusCode, Sheet)) -> Response {
    let nonce = Nonce::new();
    let policy = guard::policy(&nonce, &asked.host, lab_origin);
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let (status, html) = owner.with(|| {
        provide_context(nonce);
        provide_context(here.library.words.get(&here.locale).cloned().unwrap_or_default());
        let (status, sheet) = make();
        (status, document(here, asked, sheet).to_html())
    });
    // Islands put signals into the owner's arena: they go with it, or every page view would leave some behind.
    owner.unset_with_forced_cleanup();

    let packed = asked.brotli.then(|| assets::compress(html.as_bytes())).flatten();
    let is_packed = packed.is_some();
    let body = packed.unwrap_or_else(|| html.into_bytes());
    let mut answer = (status, body).into_response();
    let headers = answer.headers_mut();
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(here.locale.tag()));
    // The theme's cookie changes the document; and its nonce is good for once.
    headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    match HeaderValue::from_str(&policy) {
        Ok(policy) => {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        // A host that cannot stand in a header was never allowed; without a policy of its own the page gets the guard's.
        Err(error) => tracing::error!("no policy for the host {:?}: {error}", asked.host),
    }
    answer
}

/// Does something with the words of a page's language at hand, for an answer that is no whole page.
pub fn words_of<T>(here: &Here, make: impl FnOnce() -> T) -> T {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let made = owner.with(|| {
        provide_context(here.library.words.get(&here.locale).cloned().unwrap_or_default());
        make()
    });
    owner.unset_with_forced_cleanup();
    made
}

/// The mark: two lifelines, a message that lands and one that does not.
pub const MARK: &str = r#"<svg viewBox="0 0 34 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M4 2v16M30 2v16" opacity=".4"/><path class="lands" d="M4 6 30 9"/><path class="fails" d="M30 12 18 14.2m-2-1.6 3 3m0-3-3 3"/></svg>"#;

fn document(here: &Here, asked: &Asked, sheet: Sheet) -> impl IntoView + use<> {
    let locale = here.locale;
    let words = here.library.words.get(&locale).map(|words| words.for_browser(sheet.kind)).unwrap_or_default();
    let name = t("page.course");
    // As HTML: a text node of a view may bring a marker with it, which a title would show.
    let mut title = String::new();
    escape(&if sheet.kind == "home" { name } else { format!("{} · {name}", sheet.title) }, &mut title);
    let page = asked.page.clone();
    let alternates = Locale::ALL.map(|other| {
        page.as_ref().map(|page| view! { <link rel="alternate" hreflang=other.tag() href=page.path(other) /> })
    });
    let theme = asked.theme.name();
    let technique = sheet.technique.map(technique_name);
    let (previous, next) = &sheet.turn;
    let keys = (here.clone(), previous.clone(), next.clone());
    let header = top(here, asked, &sheet).into_any();
    let name_for_class = asked.page.as_ref().map(Page::name_for_class).unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=locale.tag() data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title inner_html=title></title>
                <meta name="description" content=sheet.about />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {Vec::from(alternates)}
                {built(sheet.kind)}
            </head>
            <body data-page=sheet.kind data-technique=technique>
                <a class="skip" href="#main">{t("page.skip")}</a>
                {header}
                {view! { <ClassBar here=name_for_class locale /> }.into_any()}
                <main id="main" tabindex="-1">{sheet.body}</main>
                {(!matches!(sheet.kind, "step" | "lab" | "recording" | "class-desk" | "class-wall" | "class-remote")).then(|| foot(here))}
                <div class="entries" inner_html=sheet.popovers></div>
                <Keys previous=keys.1.map(|page| keys.0.path(&page)) next=keys.2.map(|page| keys.0.path(&page)) />
                <script type="application/json" id="words" inner_html=words></script>
            </body>
        </html>
    }
}

/// Styles and scripts, when they were built.
fn built(kind: &str) -> Option<impl IntoView + use<>> {
    let class = kind.starts_with("class");
    assets::name().map(|name| {
        let options = LeptosOptions::builder().output_name(name).site_pkg_dir("pkg").hash_files(false).build();
        view! {
            <link rel="stylesheet" href=format!("/pkg/{name}.css") />
            {class.then(|| view! { <link rel="stylesheet" href=format!("/pkg/{name}.class.css") /> })}
            <HydrationScripts options islands=true />
        }
    })
}

fn top(here: &Here, asked: &Asked, sheet: &Sheet) -> impl IntoView + use<> {
    let last = sheet.crumbs.len().saturating_sub(1);
    let crumbs = sheet.crumbs.iter().enumerate().map(|(at, (words, page))| {
        let href = page.as_ref().map(|page| here.path(page));
        match href {
            Some(href) => view! { <li><a href=href>{words.clone()}</a></li> }.into_any(),
            None if at == last => view! { <li><b aria-current="page">{words.clone()}</b></li> }.into_any(),
            None => view! { <li>{words.clone()}</li> }.into_any(),
        }
    });
    // A page right below the home page is named by the links beside it already.
    let crumbs = if last == 0 {
        view! { <div class="crumbs"></div> }.into_any()
    } else {
        let crumbs = crumbs.collect::<Vec<_>>();
        view! { <nav class="crumbs" aria-label=t("page.crumbs")><ol>{crumbs}</ol></nav> }.into_any()
    };
    let place = sheet.place.map(|(at, of)| {
        let (at, of) = (at.to_string(), of.to_string());
        let spoken = tf("page.place", &[("at", &at), ("of", &of)]);
        view! { <span class="place" title=spoken>{format!("{at} / {of}")}</span> }
    });
    let nav = [Page::Map, Page::Lab, Page::Glossary].map(|page| {
        let current = asked.page.as_ref() == Some(&page);
        let words = match page {
            Page::Map => t("page.nav_lessons"),
            Page::Lab => t("page.nav_lab"),
            _ => t("page.nav_glossary"),
        };
        view! { <a href=here.path(&page) aria-current=current.then_some("page")>{words}</a> }
    });
    view! {
        <header class="top">
            <a class="mark" href=here.path(&Page::Home)>
                <span inner_html=MARK></span>
                <span class="name">{t("page.course")}</span>
            </a>
            {crumbs}
            <nav class="links" aria-label=t("page.nav")>{Vec::from(nav)}</nav>
            <div class="tools">{place} {languages(here, asked)} <ThemeButton current=asked.theme.name().to_owned() /></div>
        </header>
    }
}

/// Links to the same page in the other languages; they remember the choice.
fn languages(here: &Here, asked: &Asked) -> impl IntoView + use<> {
    let page = asked.page.clone().unwrap_or(Page::Home);
    Locale::ALL
        .into_iter()
        .filter(|other| *other != here.locale)
        .map(|other| {
            let href = format!("/locale{}", page.path(other));
            view! { <a class="pill" href=href lang=other.tag() hreflang=other.tag()>{other.name()}</a> }
        })
        .collect::<Vec<_>>()
}

fn foot(here: &Here) -> impl IntoView + use<> {
    let links = [
        (Page::Map, t("page.nav_lessons")),
        (Page::Lab, t("page.nav_lab")),
        (Page::Faults, t("page.nav_faults")),
        (Page::Class, t("classroom.title")),
        (Page::Glossary, t("page.nav_glossary")),
        (Page::Notes, t("page.nav_notes")),
        (Page::Errata, t("page.nav_errata")),
    ]
    .map(|(page, words)| view! { <li><a href=here.path(&page)>{words}</a></li> });
    view! {
        <footer class="foot">
            <p>{t("page.promise")}</p>
            <ul>{Vec::from(links)}</ul>
        </footer>
    }
}

/// A technique's name in `data-technique`, which gives a part of a page its colour.
pub fn technique_name(technique: Technique) -> &'static str {
    match technique {
        Technique::Request => "request",
        Technique::ShortPoll => "short_poll",
        Technique::LongPoll => "long_poll",
        Technique::Sse => "sse",
        Technique::WebSocket => "websocket",
    }
}
