//! The few things of the browser that the clients use, each behind one function.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Blob, Headers, HtmlElement, Request, RequestCache, RequestCredentials, RequestInit, RequestMode,
    Response, Url, Window,
};

use crate::wire::{Ending, Micros};

/// The window. Only ever called in a page.
pub fn window() -> Window {
    web_sys::window().expect("a page has a window: this code never runs in a worker")
}

/// The page's document.
pub fn document() -> Option<web_sys::Document> {
    window().document()
}

/// The page's own monotonic clock (`performance.now()`, 0.1 ms coarse in most browsers).
pub fn now() -> Micros {
    window().performance().map_or(0, |performance| (performance.now() * 1000.0) as Micros)
}

/// The step in which [`now`] advances: the smallest of a few, watched for at most some milliseconds.
pub fn clock_step() -> Micros {
    let (start, mut before) = (now(), now());
    let (mut smallest, mut steps) = (Micros::MAX, 0);
    while steps < 3 && before - start < 5000 {
        let after = now();
        if after > before {
            smallest = smallest.min(after - before);
            steps += 1;
        }
        before = after;
    }
    if smallest == Micros::MAX { 1000 } else { smallest }
}

/// Whether the page is out of sight.
pub fn hidden() -> bool {
    window().document().is_some_and(|document| document.hidden())
}

/// Uniform from 0 to 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// The path and query of a URL: the picture shows these, not the origin.
pub fn path(url: &str) -> String {
    url.splitn(4, '/').nth(3).map_or_else(String::new, |rest| format!("/{rest}"))
}

/// The bytes that a text in Base64 stands for; nothing, if it is none.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    // Each character of the binary string stands for a byte.
    window().atob(text).ok().map(|binary| binary.chars().map(|c| u32::from(c) as u8).collect())
}

/// A value that the browser kept for this origin. Nothing where storage is switched off.
pub fn recall(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Keeps a value for this origin, if the browser will.
pub fn keep(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage loses progress, never the lesson.
        let _ = storage.set_item(key, value);
    }
}

/// A value that the browser kept for this tab. Nothing where storage is switched off.
pub fn recall_in_tab(key: &str) -> Option<String> {
    window().session_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Keeps a value for this tab, as long as it is open, if the browser will.
pub fn keep_in_tab(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets a value of this tab.
pub fn forget_in_tab(key: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.remove_item(key);
    }
}

/// The URL of a WebSocket at this path of the page's own origin.
pub fn socket_url(path: &str) -> String {
    let location = window().location();
    let secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss://" } else { "ws://" };
    [scheme, &location.host().unwrap_or_default(), path].concat()
}

/// Goes to another page.
pub fn go(path: &str) {
    // A path of our own is never refused.
    let _ = window().location().set_href(path);
}

/// Gives the reader a text as a file of this name to keep.
pub fn give(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let given = || {
        let url = Url::create_object_url_with_blob(&Blob::new_with_str_sequence(&parts).ok()?).ok()?;
        let link: HtmlElement = window().document()?.create_element("a").ok()?.dyn_into().ok()?;
        link.set_attribute("href", &url).ok()?;
        link.set_attribute("download", name).ok()?;
        link.click();
        // The browser has begun to read it by the time of the next task.
        gloo_timers::callback::Timeout::new(1000, move || _ = Url::revoke_object_url(&url)).forget();
        Some(())
    };
    given();
}

/// One request for [`fetch`].
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// What the browser's own cache may do.
    pub cache: RequestCache,
    /// The `Accept` header: safelisted, so that no preflight is sent.
    pub accept: Option<&'a str>,
    /// A JSON body. It needs a same-origin URL, or a preflight.
    pub json: Option<&'a str>,
    /// A body of bytes, which has no type: so no preflight is sent.
    pub bytes: Option<&'a [u8]>,
    /// Who may ask: a token in the `Authorization` header (RFC 6750 §2.1). The same as for a body holds.
    pub bearer: Option<&'a str>,
    /// Gives the request up.
    pub signal: Option<&'a AbortSignal>,
}

/// Sends a request and reads the whole answer: status and body.
pub async fn fetch(asked: Asked<'_>) -> Result<(u16, String), Ending> {
    let init = RequestInit::new();
    init.set_method(asked.method);
    init.set_mode(RequestMode::Cors);
    // Requests with and without credentials use separate pools of connections; the lab knows no cookies.
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(asked.cache);
    init.set_signal(asked.signal);
    let attempt = async {
        let headers = Headers::new()?;
        if let Some(accept) = asked.accept {
            headers.set("Accept", accept)?;
        }
        if let Some(json) = asked.json {
            headers.set("Content-Type", "application/json")?;
            init.set_body(&JsValue::from_str(json));
        }
        if let Some(bytes) = asked.bytes {
            init.set_body(&Uint8Array::from(bytes));
        }
        if let Some(token) = asked.bearer {
            headers.set("Authorization", &["Bearer ", token].concat())?;
        }
        init.set_headers(&headers);
        let request = Request::new_with_str_and_init(asked.url, &init)?;
        let answer: Response = JsFuture::from(window().fetch_with_request(&request)).await?.dyn_into()?;
        let body = JsFuture::from(answer.text()?).await?;
        Ok::<_, JsValue>((answer.status(), body.as_string().unwrap_or_default()))
    };
    attempt.await.map_err(|_| match asked.signal {
        Some(signal) if signal.aborted() => Ending::Aborted,
        _ => Ending::Failed,
    })
}
