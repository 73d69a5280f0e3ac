//! The file: looked at before it is touched, locked, brought to the present version.

use std::{io, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use crate::store::Error;

/// What marks a file as ours: "Life" in ASCII, where SQLite keeps the number of the application.
pub(super) const APPLICATION: i64 = 0x4c69_6665;

/// The statements that lead from each version to the next; a file's `user_version` says how many it has seen. What is in use
/// is never changed: there is only another one after it.
const MIGRATIONS: &[&str] = &[
    // WITHOUT ROWID: a log's events stand side by side, in their order.
    "CREATE TABLE event (
        log TEXT NOT NULL,
        no INTEGER NOT NULL CHECK (no > 0),
        event BLOB NOT NULL,
        PRIMARY KEY (log, no)
    ) STRICT, WITHOUT ROWID",
];

/// How long a program that is just ending may hold the file, before this one gives up.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens a file of ours, or makes one.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let whole = make(path)? || look(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failure(path, &error))?;
    prepare(&connection, path, whole)?;
    Ok(connection)
}

/// Makes a file that only its owner may read, unless there is one, and says whether it did.
fn make(path: &Path) -> Result<bool, Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::Unusable { file: path.into(), why: error.to_string() }),
    }
}

/// Looks at a file without touching it: without locks, without its WAL, and without writing. By SQLite's own means, since
/// closing a file that this process has open elsewhere would undo that one's locks (POSIX, `fcntl`).
/// Says whether it is known to be whole.
fn look(path: &Path) -> Result<bool, Error> {
    // SQLite takes what is shorter than its smallest page for an empty file of its own, and would write over it.
    let bytes =
        std::fs::metadata(path).map_err(|error| Error::Unusable { file: path.into(), why: error.to_string() })?;
    if bytes.is_file() && (1..512).contains(&bytes.len()) {
        return Err(Error::NotADatabase { file: path.into() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri(path), flags).map_err(|error| failure(path, &error))?;
    check(&connection, path)?;
    if has_wal(path) {
        return Ok(false);
    }
    check_whole(&connection, path).map(|()| true)
}

/// Whether there is something that was not yet written back into the file: then it is whole only together with that.
fn has_wal(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    Path::new(&wal).exists()
}

/// Checks that no page of the file is torn.
fn check_whole(connection: &Connection, path: &Path) -> Result<(), Error> {
    let whole = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get::<_, String>(0));
    match whole.map_err(|error| failure(path, &error))? {
        ok if ok == "ok" => Ok(()),
        why => Err(Error::Damaged { file: path.into(), why: why.replace('\n', " ") }),
    }
}

/// Checks whose the file is, and of which version.
fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let numbers = number("application_id").and_then(|id| Ok((id, number("user_version")?, number("schema_version")?)));
    let (application, version, schema) = numbers.map_err(|error| failure(path, &error))?;
    if application == 0 && version == 0 && schema == 0 {
        // Empty: made, and never written to.
        return Ok(());
    }
    if application != APPLICATION {
        return Err(Error::Foreign { file: path.into() });
    }
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(Error::Newer { file: path.into(), version, known });
    }
    Ok(())
}

/// Locks the file, checks it once more with what its WAL holds, and brings it to the present version.
fn prepare(connection: &Connection, path: &Path, whole: bool) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| failure(path, &error);
    // Until all is well, even closing it writes nothing.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    let set = |name, value: &str| connection.pragma_update_and_check(None, name, value, |_| Ok(()));
    set("locking_mode", "EXCLUSIVE").map_err(failed)?;
    check(connection, path)?;
    if !whole {
        check_whole(connection, path)?;
    }
    // A lock that is there from the beginning: reading alone would share the file with another reader.
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT").map_err(failed)?;
    migrate(connection).map_err(failed)?;
    set("journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    // What is forgotten is overwritten.
    set("secure_delete", "ON").map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(failed)?;
    checkpoint(connection);
    Ok(())
}

/// Brings the file to the present version, in one transaction or not at all.
fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).unwrap_or(0);
    if done == MIGRATIONS.len() {
        return Ok(());
    }
    let statements: String = MIGRATIONS.iter().skip(done).map(|migration| format!("{migration};")).collect();
    let version = MIGRATIONS.len();
    connection.execute_batch(&format!(
        "BEGIN EXCLUSIVE; {statements} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version}; COMMIT"
    ))
}

/// Writes the WAL back into the file, and empties it.
pub(super) fn checkpoint(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())) {
        tracing::warn!(%error, "the store's WAL was not written back; it will be later");
    }
}

/// What SQLite says, in our words.
pub(super) fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    let file = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::NotADatabase { file },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::InUse { file },
        Some(ErrorCode::DatabaseCorrupt) => Error::Damaged { file, why: error.to_string() },
        _ => Error::Unusable { file, why: error.to_string() },
    }
}

/// A path as SQLite's URI of a file that nobody changes (<https://sqlite.org/uri.html>).
fn uri(path: &Path) -> String {
    #[cfg(unix)]
    let (bytes, root) = (std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec(), "");
    #[cfg(not(unix))]
    let (bytes, root) =
        (path.to_string_lossy().replace('\\', "/").into_bytes(), if path.has_root() { "/" } else { "" });
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b':');
    let path: String = bytes
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("file:{root}{path}?mode=ro&immutable=1")
}
