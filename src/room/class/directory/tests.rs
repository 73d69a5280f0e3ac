use std::net::Ipv4Addr;

use super::*;
use crate::{room::class::task::Public, store::memory::Memory};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn directory(store: &Arc<dyn Store>, limits: Limits) -> Arc<Classes> {
    let rooms = Rooms::new(crate::room::Limits::default());
    Classes::load(store.clone(), rooms, None, limits).await.unwrap()
}

async fn asked(entry: &Entry) -> Option<Public> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    entry.asks.send(Ask::Public { reply }).await.ok()?;
    answer.await.ok()
}

#[tokio::test]
async fn a_directory_and_each_address_have_an_end() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let limits = Limits { classes: 3, ..Limits::keeping(7) };
    let classes = directory(&store, limits).await;
    for _ in 0..3 {
        classes.open(Locale::Zh, None, HERE).await.unwrap();
    }
    assert_eq!(classes.open(Locale::En, None, HERE).await.unwrap_err().status(), 503);
    let limits = Limits { openings: Rate { burst: 2.0, per_second: 0.0 }, ..Limits::keeping(7) };
    let classes = directory(&store, limits).await;
    let (entry, secret) = classes.open(Locale::En, None, HERE).await.unwrap();
    assert!(entry.is_instructors(&secret.reveal()) && !entry.is_instructors(""));
    assert!(asked(&entry).await.is_some_and(|public| public.open && public.locale == "en"));
    classes.open(Locale::En, None, HERE).await.unwrap();
    assert_eq!(classes.open(Locale::En, None, HERE).await.unwrap_err().status(), 429);
    classes.open(Locale::En, None, [10, 0, 0, 1].into()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_class_that_is_not_used_any_more_is_forgotten() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let classes = directory(&store, Limits::keeping(7)).await;
    let (kept, _) = classes.open(Locale::En, None, HERE).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(asked(&kept).await.is_some());

    // With no time to keep it, the same class is gone when the directory is read, and another a minute after it was opened.
    let short = Limits { keep: Duration::ZERO, ..Limits::keeping(7) };
    let classes = directory(&store, short).await;
    assert!(classes.find(&kept.code).is_none());
    assert_eq!(store.logs().await, Ok(vec![]));
    let (entry, _) = classes.open(Locale::En, None, HERE).await.unwrap();
    assert!(asked(&entry).await.is_some());
    entry.asks.closed().await;
    assert_eq!(store.logs().await, Ok(vec![]));
    assert!(classes.find(&entry.code).is_none());
}
