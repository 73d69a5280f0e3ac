//! A web page as it travels: a document, and the eight resources that it names. Plain requests, for the lessons on
//! connections.
//!
//! With `?close=1` an answer says `Connection: close`, and the connection ends with it (RFC 9112 §9.6), as each did by default
//! in HTTP/1.0. Without it, HTTP/1.1 keeps the connection, and nothing has to be said.

use std::fmt::Write;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{State, asked::Asked, short_poll::NO_STORE};
use crate::{error::Error, wire::observation::News};

/// How many resources the document names.
pub const RESOURCES: u8 = 8;

/// The document. Its addresses are relative, so that a browser that opens it asks below the same lab.
const DOCUMENT: &str = r#"<!doctype html>
<html lang="en">
<title>Epidemic alerts</title>
<link rel="stylesheet" href="page/1">
<script src="page/2" defer></script>
<h1>Epidemic alerts</h1>
<img src="page/3" alt="District 1">
<img src="page/4" alt="District 2">
<img src="page/5" alt="District 3">
<img src="page/6" alt="District 4">
<img src="page/7" alt="District 5">
<img src="page/8" alt="District 6">
</html>
"#;

/// The routes of the page.
pub fn routes() -> Router<State> {
    Router::new().route("/l/{lab}/page", get(document)).route("/l/{lab}/page/{k}", get(resource))
}

/// The document.
async fn document(asked: Asked) -> Result<Response, Error> {
    answer(&asked, "text/html; charset=utf-8", DOCUMENT.to_owned()).await
}

/// One of the resources, by its number.
async fn resource(asked: Asked, k: Result<Path<(String, u8)>, PathRejection>) -> Result<Response, Error> {
    let found = k.ok().and_then(|Path((_, k))| body_of(k));
    let (kind, body) = found.ok_or_else(|| Error::not_found(format!("the page has the resources 1 to {RESOURCES}")))?;
    answer(&asked, kind, body).await
}

async fn answer(asked: &Asked, kind: &'static str, body: String) -> Result<Response, Error> {
    let closes = asked.number("close")? == Some(1);
    asked.outlet.answer(asked.who, News::default()).await?;
    let mut head = HeaderMap::new();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    head.insert(header::CACHE_CONTROL, NO_STORE);
    if closes {
        head.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok((head, body).into_response())
}

/// Type and text of a resource: a style sheet, a script, and six pictures, of two to six kilobytes.
fn body_of(k: u8) -> Option<(&'static str, String)> {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let kind = match k {
        1 => {
            for level in 0..48 {
                let _ =
                    writeln!(text, ".level-{level} {{ color: hsl({} 70% 40%); border-width: {level}px }}", level * 7);
            }
            "text/css"
        }
        2 => {
            for district in 0..60 {
                let _ =
                    writeln!(text, "alerts.set({district}, {{ level: {}, cases: {} }});", district % 4, district * 37);
            }
            "text/javascript"
        }
        3..=RESOURCES => {
            text.push_str(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 200"><path fill="none" stroke="red" d="M0 100"#);
            for x in 0..200 + 60 * u32::from(k) {
                // A curve that looks like none of the others'.
                let _ = write!(text, "L{x} {}", (x * x * u32::from(k) / 7) % 200);
            }
            text.push_str(r#""/></svg>"#);
            "image/svg+xml"
        }
        _ => return None,
    };
    Some((kind, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_every_resource_and_each_is_some_kilobytes() {
        assert_eq!(DOCUMENT.matches("\"page/").count(), usize::from(RESOURCES));
        for k in 1..=RESOURCES {
            assert!(DOCUMENT.contains(&format!("\"page/{k}\"")));
            let (_, body) = body_of(k).expect("it is named");
            assert!((2000..8000).contains(&body.len()), "{k}: {}", body.len());
        }
        assert!(body_of(0).is_none() && body_of(RESOURCES + 1).is_none());
    }
}
