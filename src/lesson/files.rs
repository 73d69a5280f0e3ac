//! The files of the course: inside the program, or in a folder.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The longest file the course may have, in bytes: a slip of the hand must not fill the memory.
pub const MAX_FILE: u64 = 1 << 20;

/// The most files it may have.
pub const MAX_FILES: usize = 4096;

#[derive(rust_embed::RustEmbed)]
#[folder = "lessons/"]
struct Embedded;

/// Files by their path relative to the folder of the lessons, with `/` between the parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The ones that the program was compiled with.
    pub fn embedded() -> Self {
        let read = |path: std::borrow::Cow<'static, str>| {
            let data = Embedded::get(&path)?.data.into_owned();
            Some((path.into_owned(), data))
        };
        Self(Embedded::iter().filter(|path| !hidden(path)).filter_map(read).collect())
    }

    /// The ones in a folder.
    ///
    /// # Errors
    /// When the folder, or a file in it, cannot be read, or there is too much of it.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for (path, name, _) in walk(folder)? {
            files.insert(name, fs::read(path)?);
        }
        Ok(Self(files))
    }

    /// Files given by hand, for tests.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        Self(pairs.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect())
    }

    /// A file's bytes.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// Puts a file in, or another one in its place.
    pub fn set(&mut self, path: &str, bytes: Vec<u8>) {
        self.0.insert(path.to_owned(), bytes);
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The paths below a folder, relative to it.
    pub fn under(&self, folder: &str) -> impl Iterator<Item = &str> {
        self.paths().filter_map(move |path| path.strip_prefix(folder)?.strip_prefix('/'))
    }
}

/// What of a folder changes when a file in it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(String, u64, Option<SystemTime>)>);

impl Stamp {
    /// The folder as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let entries = walk(folder)?;
        Ok(Self(entries.into_iter().map(|(_, name, meta)| (name, meta.len(), meta.modified().ok())).collect()))
    }
}

/// Editors leave hidden files and backups behind; they are nobody's content.
fn hidden(name: &str) -> bool {
    name.split('/').any(|part| part.starts_with('.') || part.ends_with('~'))
}

fn walk(folder: &Path) -> io::Result<Vec<(PathBuf, String, fs::Metadata)>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(io::Error::other(format!("{} has a name that is not UTF-8", entry.path().display())));
            };
            if hidden(name) {
                continue;
            }
            let meta = fs::metadata(entry.path())?;
            let name = format!("{prefix}{name}");
            if meta.is_dir() {
                // A link that leads back up would go on for ever.
                if name.split('/').count() > 8 {
                    return Err(io::Error::other(format!("{} is too deep", entry.path().display())));
                }
                open.push((entry.path(), format!("{name}/")));
            } else if meta.len() > MAX_FILE {
                return Err(io::Error::other(format!("{} is larger than 1 MiB", entry.path().display())));
            } else {
                found.push((entry.path(), name, meta));
            }
            if found.len() > MAX_FILES {
                return Err(io::Error::other(format!("more than {MAX_FILES} files under {}", folder.display())));
            }
        }
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(found)
}
