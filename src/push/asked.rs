//! What a request on the lab's listener says: which lab, who asks, and the numbers in its query.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, header, request::Parts},
};

use super::{
    State,
    outlet::{Outlet, Who},
};
use crate::{
    error::Error,
    wire::{LabId, Resource, address::CROWD},
};

/// The largest number that a page's script can hold exactly (2^53 - 1).
const LARGEST: u64 = (1 << 53) - 1;

/// A request to a lab that exists.
#[derive(Debug)]
pub struct Asked {
    /// The lab.
    pub outlet: Arc<Outlet>,
    /// Who asks.
    pub who: Who,
    /// The members of all `If-None-Match` fields as one list (RFC 9110 §5.3).
    pub if_none_match: String,
    /// What an event stream goes on from (WHATWG HTML §9.2.4), if the client says and it is not empty.
    pub last_event_id: Option<String>,
    uri: Uri,
}

impl Asked {
    /// A number in the query, if it is there.
    ///
    /// # Errors
    /// 400 if it is there and is no number.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, Error> {
        number(&self.uri, name)
    }
}

impl FromRequestParts<State> for Asked {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let segment = parts.uri.path().strip_prefix("/l/").and_then(|rest| rest.split('/').next());
        let outlet = segment.and_then(LabId::parse).and_then(|lab| state.outlets.outlet(&lab));
        let outlet = outlet
            .ok_or_else(|| Error::not_found("there is no such lab; a lab ends ten minutes after its page has gone"))?;
        let conditions = parts.headers.get_all(header::IF_NONE_MATCH).iter();
        let conditions: Vec<&str> = conditions.filter_map(|value| value.to_str().ok()).collect();
        let last_event_id = parts.headers.get("last-event-id").filter(|id| !id.is_empty());
        // What is no text is no number either: it is refused where it is read.
        let last_event_id = last_event_id.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let who = who(&parts.uri, &parts.headers);
        Ok(Self { outlet, who, if_none_match: conditions.join(","), last_event_id, uri: parts.uri.clone() })
    }
}

/// The client and the exchange, by the specification of identity: the first number of each name counts, from 1. The
/// wire's decoder reads them by the same rule, so that both witnesses tell of the same exchange.
fn who(uri: &Uri, headers: &HeaderMap) -> Who {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let pairs = || uri.query().unwrap_or_default().split('&').chain(accept.split([',', ';']).map(str::trim));
    let find = |name| pairs().find_map(|pair: &str| digits(pair.strip_prefix(name)?).filter(|number| *number > 0));
    let path = uri.path().strip_prefix("/l/").and_then(|rest| rest.split_once('/'));
    Who {
        client: find("c=").and_then(|number| number.try_into().ok()),
        exchange: find("n=").and_then(|number| number.try_into().ok()),
        crowd: find(CROWD).and_then(|number| number.try_into().ok()),
        resource: path.and_then(|(_, path)| Resource::of(path)),
    }
}

fn number(uri: &Uri, name: &'static str) -> Result<Option<u64>, Error> {
    let Some(text) = in_query(uri.query().unwrap_or_default(), name) else { return Ok(None) };
    let number = digits(text).filter(|number| *number <= LARGEST);
    number.map(Some).ok_or_else(|| Error::bad_request(format!("{name} is a whole number from 0 to {LARGEST}")))
}

fn digits(text: &str) -> Option<u64> {
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if good { text.parse().ok() } else { None }
}

/// The first value of a name in a query.
fn in_query<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: &str, accept: Option<&str>) -> (Option<u16>, Option<u32>) {
        let headers = accept.map(|accept| (header::ACCEPT, accept.parse().unwrap())).into_iter().collect();
        let who = who(&target.parse().unwrap(), &headers);
        (who.client, who.exchange)
    }

    #[test]
    fn numbers_come_in_the_query_or_in_accept() {
        assert_eq!(asked("/l/x/poll?c=1&n=14", None), (Some(1), Some(14)));
        assert_eq!(asked("/l/x/poll?cc=3&n=14&c=2", None), (Some(2), Some(14)));
        assert_eq!(asked("/l/x/poll", Some("application/json;c=1; n=14")), (Some(1), Some(14)));
        assert_eq!(asked("/l/x/poll", Some("text/html, application/json ; n=3;c=2")), (Some(2), Some(3)));
        assert_eq!(asked("/l/x/poll", Some("*/*;q=0.8")), (None, None));
        assert_eq!(asked("/l/x/poll?c=70000&n=-1", None), (None, None));
        assert_eq!(asked("/l/x/poll?c=&n=+1&c=0", None), (None, None));
        assert_eq!(asked("/l/x/poll?c=x&n=2&c=3", None), (Some(3), Some(2)));
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let cursor = |target: &str| number(&target.parse().unwrap(), "cursor");
        assert_eq!(cursor("/p").unwrap(), None);
        assert_eq!(cursor("/p?cursor=12&c=1").unwrap(), Some(12));
        for wrong in ["/p?cursor=", "/p?cursor=-1", "/p?cursor=1e3", "/p?cursor=99999999999999999999", "/p?cursor=%31"]
        {
            assert_eq!(cursor(wrong).unwrap_err().status(), 400, "{wrong}");
        }
    }
}
