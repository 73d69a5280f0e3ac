//! The pages as a browser gets them, without a socket: status, language, policy, and that no key shows instead of words.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use lifeline::{
    app::{Addresses, AppState, page::Page, router},
    i18n::Locale,
    lesson::load::{Library, Shelf},
};

struct Local;

impl Addresses for Local {
    fn allows(&self, host: &str) -> bool {
        host.split(':').next() == Some("localhost")
    }

    fn lab_origin(&self, _host: &str) -> String {
        "http://localhost:3001".to_owned()
    }
}

fn site() -> (Router, Arc<Library>) {
    let shelf = Arc::new(Shelf::embedded().expect("the lessons inside the program are good"));
    let library = shelf.library();
    (router(AppState { shelf, addresses: Arc::new(Local) }), library)
}

struct Answer {
    status: StatusCode,
    headers: header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(&name).unwrap_or_else(|| panic!("no {name}")).to_str().expect("ASCII")
    }
}

async fn ask(site: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:3000");
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let answer = TowerToHyperService::new(site.clone()).call(request).await.expect("a router never fails");
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, 1 << 22).await.expect("a body");
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

async fn get(site: &Router, path: &str) -> Answer {
    ask(site, Method::GET, path, &[]).await
}

/// Every page that the course has.
fn every_page(library: &Library) -> Vec<Page> {
    let mut pages =
        vec![Page::Home, Page::Map, Page::Lab, Page::Recording(None), Page::Glossary, Page::Notes, Page::Errata];
    for lesson in &library.lessons {
        let id = lesson.manifest.id.clone();
        pages.extend(lesson.manifest.step.iter().map(|step| Page::Step { lesson: id.clone(), step: step.id.clone() }));
        pages.extend([Page::Recap(id.clone()), Page::Print(id.clone()), Page::Teach(id)]);
    }
    pages
}

#[tokio::test]
async fn every_page_speaks_its_language_and_shows_no_key() {
    let (site, library) = site();
    for locale in Locale::ALL {
        let files: BTreeSet<&str> = library.words[&locale].keys().filter_map(|key| key.split('.').next()).collect();
        for page in every_page(&library) {
            let path = page.path(locale);
            let answer = get(&site, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.header(header::CONTENT_LANGUAGE), locale.tag(), "{path}");
            let title = answer.body.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
            assert!(title.is_some_and(|title| !title.is_empty() && !title.contains('<')), "{path}: {title:?}");
            assert!(answer.body.contains(&format!("<html lang=\"{}\"", locale.tag())), "{path}");
            // A key without words would show itself. What the script gets are keys, of course.
            let (shown, _) = answer.body.split_once("id=\"words\"").expect("the page ships its words");
            for file in &files {
                let places = [">", "aria-label=\"", "title=\"", "content=\""];
                let key = places.iter().find_map(|place| shown.find(&format!("{place}{file}.")));
                assert_eq!(key.map(|at| &shown[at..at + 40]), None, "{path} shows a key");
            }
        }
    }
}

#[tokio::test]
async fn links_within_the_site_lead_somewhere() {
    let (site, library) = site();
    let mut links = BTreeSet::new();
    for page in every_page(&library) {
        let answer = get(&site, &page.path(Locale::Zh)).await;
        for rest in answer.body.split("href=\"").skip(1) {
            let href = rest.split('"').next().unwrap_or_default();
            if href.starts_with('/') && !href.starts_with("/pkg/") {
                links.insert(href.split('#').next().unwrap_or_default().to_owned());
            }
        }
        // Whatever opens a popover finds it on the page.
        for rest in answer.body.split("popovertarget=\"").skip(1) {
            let id = rest.split('"').next().unwrap_or_default();
            assert!(answer.body.contains(&format!("id=\"{id}\"")), "{page:?} has no {id}");
        }
    }
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let answer = get(&site, &link).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{link}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_quoted_line_of_the_notes_leads_to_the_whole_of_it() {
    let (site, library) = site();
    for locale in Locale::ALL {
        let path = Page::Notes.path(locale);
        let notes = get(&site, &path).await;
        assert_eq!(notes.status, StatusCode::OK, "{path}");
        for line in &library.notes.lines {
            let entries: Vec<_> = notes.body.split(&format!("<li id=\"{}\"", line.id)).skip(1).collect();
            let [entry] = entries[..] else { panic!("{path} has {} entries {}", entries.len(), line.id) };
            let entry = entry.split("<li id=\"N").next().expect("split gives at least one");
            // What the notes say is there in either language; the translation only where it is needed.
            assert!(entry.contains("lang=\"zh-Hans\""), "{path} does not say what {} is written in", line.id);
            let translated = entry.contains("class=\"meaning\"");
            assert_eq!(translated, locale == Locale::En, "{path}: {entry}");
            for (lesson, at) in library.teaching(&line.id) {
                let (lesson, step) = (lesson.manifest.id.clone(), lesson.manifest.step[at].id.clone());
                let step = Page::Step { lesson, step }.path(locale);
                assert!(entry.contains(&format!("href=\"{step}\"")), "{path}#{} does not lead to {step}", line.id);
            }
            let taught = library.teaching(&line.id).next().is_some();
            assert_eq!(entry.contains("class=\"untaught\""), !taught, "{path}: {entry}");
        }
        let mut quoted = 0;
        for page in every_page(&library) {
            let answer = get(&site, &page.path(locale)).await;
            for rest in answer.body.split(&format!("href=\"{path}#")).skip(1) {
                let id = rest.split('"').next().unwrap_or_default();
                assert!(notes.body.contains(&format!("id=\"{id}\"")), "{page:?} leads to {path}#{id}");
                quoted += 1;
            }
        }
        assert!(quoted >= 10, "{quoted} links to the notes only: the search is broken");
    }
}

#[tokio::test]
async fn the_first_visit_speaks_the_browsers_language_and_later_ones_the_chosen() {
    let (site, _) = site();
    for (accept, cookie, expected) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "/zh/"),
        ("en-GB,en;q=0.9", "", "/en/"),
        ("fr", "", "/en/"),
        ("zh-CN", "theme=dark; locale=en", "/en/"),
        ("en", "locale=zh", "/zh/"),
        ("zh", "locale=klingon", "/zh/"),
    ] {
        let answer = ask(&site, Method::GET, "/", &[("accept-language", accept), ("cookie", cookie)]).await;
        assert_eq!(answer.status, StatusCode::FOUND);
        assert_eq!(answer.header(header::LOCATION), expected, "{accept} {cookie}");
        assert!(answer.header(header::VARY).contains("accept-language"));
    }
    let answer = get(&site, "/locale/zh/lessons/short-polling/recap").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header(header::LOCATION), "/zh/lessons/short-polling/recap");
    assert!(answer.header(header::SET_COOKIE).starts_with("locale=zh;"));
    // It leads nowhere but into the course.
    for path in ["/locale/zh//example.org", "/locale/zh/https://example.org", "/locale/zh"] {
        let answer = get(&site, path).await;
        assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/zh/"), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_readers_language() {
    let (site, _) = site();
    for (path, headers, lang) in [
        ("/zh/lessons/short-polling/nothing", vec![], "zh-Hans"),
        ("/en/lessons/nothing/nothing", vec![], "en"),
        ("/en/nothing", vec![("accept-language", "zh")], "en"),
        ("/nothing", vec![("accept-language", "zh")], "zh-Hans"),
        ("/fr/", vec![("cookie", "locale=zh")], "zh-Hans"),
        ("/en/..%2f..%2fetc/passwd", vec![], "en"),
    ] {
        let answer = ask(&site, Method::GET, path, &headers).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header(header::CONTENT_LANGUAGE), lang, "{path}");
    }
    for (path, to) in [
        ("/en", "/en/"),
        ("/zh/lessons", "/zh/lessons/"),
        ("/en/lab/", "/en/lab"),
        ("/en/lessons/short-polling", "/en/lessons/short-polling/mostly-empty"),
        ("/en/lessons/short-polling/", "/en/lessons/short-polling/mostly-empty"),
    ] {
        let answer = get(&site, path).await;
        assert!(answer.status.is_redirection(), "{path}: {}", answer.status);
        assert_eq!(answer.header(header::LOCATION), to, "{path}");
    }
    let answer = ask(&site, Method::POST, "/en/", &[]).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_answer_obeys_a_policy_and_a_host() {
    let (site, _) = site();
    for path in ["/", "/en/", "/en/nothing", "/favicon.svg", "/pkg/nothing.js", "/locale/xx/"] {
        let answer = get(&site, path).await;
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer", "{path}");
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
    }
    let (one, two) = (get(&site, "/en/").await, get(&site, "/en/").await);
    let nonce = |answer: &Answer| {
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains(
                "connect-src 'self' ws://localhost:3000 wss://localhost:3000 http://localhost:3001 ws://localhost:3001;"
            ),
            "{policy}"
        );
        policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned()
    };
    assert_ne!(nonce(&one), nonce(&two), "a nonce is good for once");
    // Nothing on a page needs what the policy forbids.
    assert!(!one.body.contains(" style=\"") && !one.body.contains(" onclick="));

    for (host, status) in [("example.org", 421), ("localhost.example.org", 421), ("", 400)] {
        let answer = ask(&site, Method::GET, "/en/", &[("host", host)]).await;
        assert_eq!(answer.status.as_u16(), status, "{host:?}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    }
}

#[tokio::test]
async fn the_theme_is_in_the_document_from_the_start() {
    let (site, _) = site();
    for (cookie, theme) in [("", "auto"), ("theme=dark", "dark"), ("theme=light", "light"), ("theme=\"><b>", "auto")] {
        let answer = ask(&site, Method::GET, "/en/", &[("cookie", cookie)]).await;
        assert!(answer.body.contains(&format!("data-theme=\"{theme}\"")), "{cookie}");
    }
}

#[tokio::test]
async fn pages_that_are_rendered_at_once_do_not_mix() {
    let (site, _) = site();
    let asked = (0..40).map(|n| {
        let site = site.clone();
        tokio::spawn(async move {
            let locale = Locale::ALL[n % 2];
            let answer = get(&site, &Page::Glossary.path(locale)).await;
            assert_eq!(answer.header(header::CONTENT_LANGUAGE), locale.tag());
            assert_eq!(answer.body.contains("<title>Glossary "), locale == Locale::En);
        })
    });
    for task in asked.collect::<Vec<_>>() {
        task.await.expect("no page failed");
    }
}

/// Every key that the source names has words. (That all languages have the same keys, the linter says.)
#[test]
fn every_key_in_the_source_has_words() {
    let library = Shelf::embedded().expect("the lessons are good").library();
    let words = &library.words[&Locale::En];
    let mut missing = BTreeSet::new();
    let mut seen = 0;
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let source = fs::read_to_string(&path).expect("source is UTF-8");
        for key in keys(&source) {
            seen += 1;
            if words.get(&key).is_none() {
                missing.insert(format!("{}: {key}", path.display()));
            }
        }
    }
    assert!(seen > 50, "the source names {seen} keys only: the search is broken");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The keys of `t("…")` and `tf("…", …)` in some source.
fn keys(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["t(", "tf("] {
        for (at, _) in source.match_indices(call) {
            let alone = !source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
            let rest = source[at + call.len()..].trim_start();
            if let (true, Some(rest)) = (alone, rest.strip_prefix('"'))
                && let Some((key, _)) = rest.split_once('"')
                && key.contains('.')
                && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.')
            {
                found.push(key.to_owned());
            }
        }
    }
    found
}
