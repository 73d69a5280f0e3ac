//! Requests of the instructor's pages to the class's own addresses. The right to them is a cookie, so it must go along.

use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestCredentials, RequestInit, Response};

use crate::client::browser::window;

/// Sends a request to the site itself, with its cookies, and reads the whole answer. Nothing, if it could not be reached.
pub async fn ask(method: &str, url: &str, json: Option<&str>) -> Option<(u16, String)> {
    let sent = async {
        let init = RequestInit::new();
        init.set_method(method);
        init.set_credentials(RequestCredentials::SameOrigin);
        if let Some(json) = json {
            let headers = Headers::new()?;
            headers.set("Content-Type", "application/json")?;
            init.set_headers(&headers);
            init.set_body(&JsValue::from_str(json));
        }
        let request = Request::new_with_str_and_init(url, &init)?;
        let answer: Response = JsFuture::from(window().fetch_with_request(&request)).await?.dyn_into()?;
        let body = JsFuture::from(answer.text()?).await?;
        Ok::<_, JsValue>((answer.status(), body.as_string().unwrap_or_default()))
    };
    sent.await.ok()
}

/// A text in an object of JSON; nothing, if there is none of that name.
pub fn field(json: &str, name: &str) -> Option<String> {
    let object = JSON::parse(json).ok()?;
    Reflect::get(&object, &JsValue::from_str(name)).ok()?.as_string()
}

/// A text as a string of JSON.
pub fn quoted(text: &str) -> String {
    JSON::stringify(&JsValue::from_str(text)).map(String::from).unwrap_or_default()
}

/// The address of something of a class.
pub fn class_path(code: &str, rest: &str) -> String {
    ["/api/classes/", code, rest].concat()
}
