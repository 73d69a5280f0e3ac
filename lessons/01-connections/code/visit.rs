//! A page with two pictures, and a server that keeps connections for a time or ends them with each answer.

use std::{collections::HashMap, time::Duration};

use axum::{
    Router,
    extract::{Path, Query},
    http::{HeaderMap, HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;

/// `GET /page` and what it names; `?close=1` asks for answers that end their connection.
pub fn routes() -> Router {
    Router::new().route("/page", get(document)).route("/page/{k}", get(picture))
}

async fn document(Query(query): Query<HashMap<String, String>>) -> impl IntoResponse {
    (head(&query, "text/html"), r#"<img src="page/1"><img src="page/2">"#)
}

async fn picture(Path(k): Path<u8>, Query(query): Query<HashMap<String, String>>) -> impl IntoResponse {
    let circle = format!(r#"<svg xmlns="http://www.w3.org/2000/svg"><circle r="{k}"/></svg>"#);
    (head(&query, "image/svg+xml"), circle)
}

fn head(query: &HashMap<String, String>, kind: &'static str) -> HeaderMap {
    let mut head = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
    if query.contains_key("close") {
        // The last answer on this connection (RFC 9112 §9.6). To keep it, HTTP/1.1 needs no line at all.
        head.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    head
}

/// Accepts connections. One that stays without a request for `keep_alive` is closed.
pub async fn serve(listener: TcpListener, keep_alive: Duration) -> std::io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        let service = TowerToHyperService::new(routes());
        let mut http = http1::Builder::new();
        // hyper has one clock for both: a head that does not come to its end, and one that does not begin.
        http.timer(TokioTimer::new()).header_read_timeout(keep_alive);
        tokio::spawn(http.serve_connection(TokioIo::new(socket), service).into_future());
    }
}
