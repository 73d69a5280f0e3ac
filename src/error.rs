//! The application's one error: a status and a sentence for the client; the cause is for the log.

use std::{borrow::Cow, error, fmt};

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer that is not the one that was asked for.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    message: Cow<'static, str>,
    retry_after: Option<u32>,
    cause: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// An error with a sentence that helps whoever asked.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), retry_after: None, cause: None }
    }

    /// 400: the request is wrong, and the sentence says where.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404: there is no such thing.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 500: it is our own fault, and the client learns no more than that.
    pub fn internal(cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        let message = "something went wrong here; the server's log says what".into();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message, retry_after: None, cause: Some(cause.into()) }
    }

    /// The same error with its cause, which is logged and never sent.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same error, which says in how many seconds to come back (RFC 9110 §10.2.3).
    #[must_use]
    pub fn retry_after(mut self, seconds: Option<u32>) -> Self {
        self.retry_after = seconds;
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.as_u16(), self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match (&self.cause, self.status.is_server_error()) {
            (Some(cause), true) => tracing::error!(status = self.status.as_u16(), %cause, "{}", self.message),
            (Some(cause), false) => tracing::debug!(status = self.status.as_u16(), %cause, "{}", self.message),
            (None, _) => tracing::debug!(status = self.status.as_u16(), "{}", self.message),
        }
        let mut response = match self.status {
            // By definition without content (RFC 9110 §15.3.5).
            StatusCode::NO_CONTENT => self.status.into_response(),
            _ => (self.status, Json(serde_json::json!({ "error": self.message }))).into_response(),
        };
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_cause_stays_here() {
        let error = Error::internal("the disk is on fire");
        assert!(error::Error::source(&error).unwrap().to_string().contains("fire"));
        let response = error.into_response();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.starts_with(r#"{"error":""#) && !body.contains("fire"), "{body}");
    }
}
