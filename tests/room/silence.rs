//! Pages that say nothing: before their hello, and after it.

use futures_util::StreamExt;
use lifeline::wire::control::{BEAT_MS, Command, Up};
use tokio::time::{Duration, Instant, pause};

use crate::support::Course;

// The clock stands still from when a page has come as far as a test wants it: then it goes on to the next thing that
// anybody waits for. Only the limits are jumped over; the bytes go through real sockets.

const BEAT: Duration = Duration::from_millis(BEAT_MS as u64);

#[tokio::test]
async fn without_a_hello_it_is_over_after_five_seconds() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut socket = lab.socket().await;
    pause();
    let since = Instant::now();
    let (code, why) = socket.closed().await;
    assert_eq!((code, why.as_str()), (1008, "no hello within five seconds"));
    // The limit began when the handshake was over on the other side, a moment before the clock stood still.
    let took = since.elapsed();
    assert!((4.0..7.0).contains(&took.as_secs_f64()), "{took:?}");
}

#[tokio::test]
async fn a_page_that_answers_no_beat_is_dropped_after_three() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    page.until(|_| true).await;
    pause();
    let since = Instant::now();
    let mut beats = 0;
    // Without a close frame: who does not answer is taken to be gone.
    while let Some(Ok(message)) = page.socket.ws.next().await {
        assert!(!message.is_close(), "{message:?}");
        beats += 1;
    }
    assert_eq!(beats, 3);
    let took = since.elapsed();
    assert!(took > 3 * BEAT && took < 5 * BEAT, "{took:?}");
}

#[tokio::test]
async fn a_page_that_answers_beats_stays() {
    let course = Course::start().await;
    let lab = course.lab("{}").await;
    let mut page = lab.page().await;
    page.until(|_| true).await;
    pause();
    for _ in 0..8 {
        page.socket.ws.next().await.unwrap().unwrap();
        page.socket.say(&Up::Beat).await;
    }
    page.command(Command::Publish).await;
}
