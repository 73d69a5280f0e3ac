use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;

use super::{memory::Memory, sqlite::Sqlite, *};

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("lifeline-store-{}", getrandom::u64().unwrap()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// With what must be escaped in a URI.
    fn file(&self) -> PathBuf {
        self.0.join("a class? #1 %41.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn events(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(|no| format!("event {no}").into_bytes()).collect()
}

fn numbers(stored: &[Stored]) -> Vec<u64> {
    assert!(stored.iter().all(|stored| stored.event == format!("event {}", stored.no).into_bytes()));
    stored.iter().map(|stored| stored.no).collect()
}

/// What every store does.
async fn behaves(store: Arc<dyn Store>) {
    assert_eq!(store.logs().await, Ok(vec![]));
    assert_eq!(store.read("a", 0, 10).await, Ok(vec![]));

    assert_eq!(store.append("a", 0, events(1..4)).await, Ok(3));
    assert_eq!(store.append("b", 0, events(1..2)).await, Ok(1));
    assert_eq!(store.append("a", 3, events(4..6)).await, Ok(5));
    assert_eq!(store.append("a", 5, vec![]).await, Ok(5));
    assert_eq!(store.append("c", 0, vec![]).await, Ok(0));
    assert_eq!(store.logs().await, Ok(vec!["a".into(), "b".into()]));

    // Who does not know of what others wrote writes nothing.
    assert_eq!(store.append("a", 3, events(4..5)).await, Err(Error::Conflict { last: 5 }));
    assert_eq!(store.append("a", 6, events(7..8)).await, Err(Error::Conflict { last: 5 }));
    assert_eq!(store.append("c", 1, events(2..3)).await, Err(Error::Conflict { last: 0 }));

    assert_eq!(numbers(&store.read("a", 0, 100).await.unwrap()), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(&store.read("a", 1, 2).await.unwrap()), [2, 3]);
    assert_eq!(store.read("a", 5, 2).await, Ok(vec![]));
    assert_eq!(store.read("a", 6, 2).await, Err(Error::Gap { log: "a".into(), no: 6 }));

    // Bounds, and nothing of what goes beyond them.
    let long = vec![vec![0; MAX_EVENT], vec![0; MAX_EVENT + 1]];
    assert_eq!(store.append("b", 1, long).await, Err(Error::TooLong { bytes: MAX_EVENT + 1 }));
    assert_eq!(store.append("b", 1, vec![vec![7; MAX_EVENT]]).await, Ok(2));
    assert_eq!(store.append("", 0, events(1..2)).await, Err(Error::Name));
    assert_eq!(store.append(&"x".repeat(MAX_NAME + 1), 0, events(1..2)).await, Err(Error::Name));
    assert_eq!(store.append("full", 0, vec![vec![]; 100_000]).await, Ok(MAX_EVENTS));
    assert_eq!(store.append("full", MAX_EVENTS, vec![vec![]]).await, Err(Error::Full { log: "full".into() }));
    assert_eq!(store.read("full", 0, usize::MAX).await.unwrap().len(), MAX_READ);
    let last = store.read("full", MAX_EVENTS - 1, 5).await.unwrap();
    assert_eq!(last, [Stored { no: MAX_EVENTS, event: vec![] }]);

    store.forget("full").await.unwrap();
    store.forget("a").await.unwrap();
    store.forget("never").await.unwrap();
    assert_eq!(store.logs().await, Ok(vec!["b".into()]));
    assert_eq!(store.read("a", 0, 10).await, Ok(vec![]));
    assert_eq!(store.append("a", 5, events(6..7)).await, Err(Error::Conflict { last: 0 }));

    // Many at once: each gets a place of its own, and one of those who want the same place.
    let both = [store.append("d", 0, events(1..2)), store.append("d", 0, events(1..2))];
    let [one, two] = both.map(|append| append);
    let (one, two) = tokio::join!(one, two);
    assert_eq!((one, two), (Ok(1), Err(Error::Conflict { last: 1 })));
    let mut many = tokio::task::JoinSet::new();
    for log in 0..100 {
        let store = store.clone();
        many.spawn(async move {
            let log = format!("many {log}");
            for no in 1..=5 {
                assert_eq!(store.append(&log, no - 1, events(no..no + 1)).await, Ok(no));
            }
            assert_eq!(numbers(&store.read(&log, 0, 9).await.unwrap()), [1, 2, 3, 4, 5]);
        });
    }
    while let Some(done) = many.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn memory_behaves() {
    behaves(Arc::new(Memory::default())).await;
}

#[tokio::test]
async fn a_file_behaves_and_is_there_again() {
    let folder = Folder::new();
    let store = Arc::new(Sqlite::open(&folder.file()).unwrap());
    behaves(store.clone()).await;
    drop(store);
    let store = Sqlite::open(&folder.file()).unwrap();
    assert_eq!(store.logs().await.unwrap().len(), 102);
    assert_eq!(numbers(&store.read("many 7", 0, 9).await.unwrap()), [1, 2, 3, 4, 5]);
    drop(store);
    // Nothing beside the file once it is closed.
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    store.append("a", 0, events(1..2)).await.unwrap();
    for entry in fs::read_dir(&folder.0).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn what_is_forgotten_is_nowhere_in_the_file() {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    store.append("a", 0, vec![b"a name that nobody should read".repeat(400)]).await.unwrap();
    store.forget("a").await.unwrap();
    let holds = |path: &Path| fs::read(path).unwrap().windows(11).any(|bytes| bytes == b"should read");
    for entry in fs::read_dir(&folder.0).unwrap() {
        assert!(!holds(&entry.unwrap().path()));
    }
}

/// Opens a file that must not be opened, and sees that nothing in the folder has changed.
fn refused(file: &Path) -> Error {
    let all = || {
        let files = fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        files
    };
    let before = all();
    let error = Sqlite::open(file).unwrap_err();
    let after = all();
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before), "{error}");
    assert!(after == before, "{error}");
    let said = error.to_string();
    assert!(said.contains(&file.display().to_string()) && said.contains("--data"), "{said}");
    error
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let folder = Folder::new();
    let file = folder.file();
    for text in ["x", "Dear diary,", &"no database at all. ".repeat(1000)] {
        fs::write(&file, text).unwrap();
        assert_eq!(refused(&file), Error::NotADatabase { file: file.clone() });
    }
    fs::remove_file(&file).unwrap();

    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')").unwrap();
    drop(other);
    assert_eq!(refused(&file), Error::Foreign { file: file.clone() });
    let other = Connection::open(&file).unwrap();
    other
        .execute_batch("PRAGMA application_id = 7; PRAGMA journal_mode = WAL; INSERT INTO bookmarks VALUES ('y')")
        .unwrap();
    drop(other);
    assert_eq!(refused(&file), Error::Foreign { file: file.clone() });
}

#[tokio::test]
async fn a_later_version_is_left_as_it_is() {
    let folder = Folder::new();
    let file = folder.file();
    drop(Sqlite::open(&file).unwrap());
    let later = Connection::open(&file).unwrap();
    later.pragma_update(None, "user_version", 2).unwrap();
    drop(later);
    let newer = Error::Newer { file: file.clone(), version: 2, known: 1 };
    assert_eq!(refused(&file), newer);

    // The same when the later program was killed, and its version stands in the WAL only.
    fs::remove_file(&file).unwrap();
    drop(Sqlite::open(&file).unwrap());
    let later = Connection::open(&file).unwrap();
    later.pragma_update(None, "user_version", 2).unwrap();
    let killed = Folder::new();
    for entry in fs::read_dir(&folder.0).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with("-shm") {
            fs::copy(&path, killed.0.join(name)).unwrap();
        }
    }
    assert_eq!(fs::read_dir(&killed.0).unwrap().count(), 2, "the file and its WAL");
    let file = killed.file();
    assert_eq!(refused(&file), Error::Newer { file: file.clone(), version: 2, known: 1 });
}

#[tokio::test]
async fn a_damaged_file_is_left_as_it_is() {
    let folder = Folder::new();
    let file = folder.file();
    let store = Sqlite::open(&file).unwrap();
    store.append("a", 0, vec![vec![7; 3000]; 100]).await.unwrap();
    drop(store);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle - middle % 4096..][..4096].fill(0xaa);
    fs::write(&file, &bytes).unwrap();
    assert!(matches!(refused(&file), Error::Damaged { .. }));
    bytes.truncate(4096 * 5 + 100);
    fs::write(&file, &bytes).unwrap();
    assert!(matches!(refused(&file), Error::Damaged { .. }));
}

#[tokio::test]
async fn a_gap_is_refused_by_name_and_number() {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    store.append("whole", 0, events(1..4)).await.unwrap();
    store.append("torn", 0, events(1..6)).await.unwrap();
    store.append("headless", 0, events(1..3)).await.unwrap();
    drop(store);
    let hand = Connection::open(folder.file()).unwrap();
    hand.execute_batch("DELETE FROM event WHERE log = 'torn' AND no = 3 OR log = 'headless' AND no = 1").unwrap();
    drop(hand);
    let store = Sqlite::open(&folder.file()).unwrap();
    assert_eq!(numbers(&store.read("whole", 0, 9).await.unwrap()), [1, 2, 3]);
    let error = store.read("torn", 0, 9).await.unwrap_err();
    assert_eq!(error, Error::Gap { log: "torn".into(), no: 3 });
    assert!(error.to_string().contains("the log torn has no event 3"));
    assert_eq!(store.read("headless", 0, 9).await, Err(Error::Gap { log: "headless".into(), no: 1 }));
}

#[test]
fn a_place_that_cannot_be_is_said() {
    for place in ["/nowhere/at/all.db", "/"] {
        let error = open(&place.parse().unwrap()).unwrap_err();
        assert!(matches!(error, Error::Unusable { .. } | Error::NotADatabase { .. }), "{error}");
    }
}

/// Another process: this test's own program, told to open the file and nothing else.
#[test]
fn two_programs_do_not_share_a_file() {
    const FILE: &str = "LIFELINE_TEST_STORE";
    if let Some(file) = std::env::var_os(FILE) {
        let error = Sqlite::open(Path::new(&file)).unwrap_err();
        assert_eq!(error, Error::InUse { file: file.into() });
        return;
    }
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    let within = Sqlite::open(&folder.file()).unwrap_err();
    assert_eq!(within, Error::InUse { file: folder.file() });
    let name = "store::tests::two_programs_do_not_share_a_file";
    let other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(FILE, folder.file())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(other.status.success() && said.contains("1 passed"), "{said}");
    drop(store);
}
