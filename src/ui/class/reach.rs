//! Whether this device can do a lab: reach its port, and keep a WebSocket open. Real traffic on a lab of its own, which
//! nobody sees.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, WebSocket};

use crate::{
    client::browser::{self, Asked},
    wire::control::{Created, LabSpec},
};

/// How long each attempt may take, in milliseconds.
const PATIENCE_MS: u32 = 5000;

/// What was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether a lab could be made, on the course's own port.
    pub site: Option<bool>,
    /// Whether a request reached the lab's port.
    pub port: Option<bool>,
    /// Whether a WebSocket opened there.
    pub socket: Option<bool>,
}

/// Tries all three, one after the other, and tells each.
pub async fn try_all(tell: impl Fn(Reach)) {
    let mut reach = Reach::default();
    let created = make().await;
    reach.site = Some(created.is_some());
    tell(reach);
    let Some(Created { lab, origin, .. }) = created else { return };
    let base = [&origin, "/l/", lab.as_str()].concat();
    let asked = ask("GET", &[&base, "/poll?c=1&n=1"].concat(), None).await;
    reach.port = Some(asked.is_some_and(|(status, _)| status == 200));
    tell(reach);
    if reach.port == Some(true) {
        reach.socket = Some(opens(&[&base.replacen("http", "ws", 1), "/socket?c=2&n=1"].concat()).await);
        tell(reach);
    }
}

async fn make() -> Option<Created> {
    let spec = LabSpec { distance_ms: 0, ..LabSpec::default() };
    let json = serde_json::to_string(&spec).ok()?;
    let (status, body) = ask("POST", "/api/labs", Some(&json)).await?;
    (status == 201).then(|| serde_json::from_str(&body).ok()).flatten()
}

/// A request that is given up after [`PATIENCE_MS`].
async fn ask(method: &str, url: &str, json: Option<&str>) -> Option<(u16, String)> {
    let giving_up = web_sys::AbortController::new().ok()?;
    let signal = giving_up.signal();
    let patience = gloo_timers::callback::Timeout::new(PATIENCE_MS, move || giving_up.abort());
    let cache = RequestCache::NoStore;
    let asked = Asked { method, url, cache, accept: None, json, bytes: None, bearer: None, signal: Some(&signal) };
    let answer = browser::fetch(asked).await.ok();
    drop(patience);
    answer
}

/// Whether a WebSocket opens at this address.
async fn opens(url: &str) -> bool {
    let Ok(socket) = WebSocket::new(url) else { return false };
    let settle: Rc<RefCell<Option<Function>>> = Rc::default();
    let promise = Promise::new(&mut |resolve, _| *settle.borrow_mut() = Some(resolve));
    let told = |opened: bool| {
        let settle = settle.clone();
        Closure::<dyn FnMut()>::new(move || {
            if let Some(resolve) = settle.borrow_mut().take() {
                // A promise's own function does not throw.
                let _ = resolve.call1(&wasm_bindgen::JsValue::NULL, &opened.into());
            }
        })
    };
    let (open, close, late) = (told(true), told(false), told(false));
    socket.set_onopen(Some(open.as_ref().unchecked_ref()));
    socket.set_onclose(Some(close.as_ref().unchecked_ref()));
    let late: Function = late.into_js_value().unchecked_into();
    let patience = gloo_timers::callback::Timeout::new(PATIENCE_MS, move || {
        let _ = late.call0(&wasm_bindgen::JsValue::NULL);
    });
    let opened = JsFuture::from(promise).await.is_ok_and(|opened| opened.as_bool() == Some(true));
    drop(patience);
    socket.set_onopen(None);
    socket.set_onclose(None);
    let _ = socket.close();
    opened
}
