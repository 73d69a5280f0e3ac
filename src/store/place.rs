//! Where the store is: a file, or nowhere but in memory.

use std::{convert::Infallible, env, ffi::OsString, fs, path::PathBuf, str::FromStr};

use super::Error;

/// Where logs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: they are gone when the program ends.
    Memory,
    /// In this file.
    File(PathBuf),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == ":memory:" { Self::Memory } else { Self::File(text.into()) })
    }
}

impl Place {
    /// The file that is used when none was named: `lifeline/class.db` where the platform wants the data of programs. Its folder is
    /// made.
    ///
    /// # Errors
    /// If there is no such place, or it cannot be written to.
    pub fn ordinary() -> Result<Self, Error> {
        let file = data_home(|name| env::var_os(name)).ok_or(Error::Nowhere)?.join("lifeline").join("class.db");
        if let Some(folder) = file.parent() {
            make(folder).map_err(|error| Error::Unusable { file: file.clone(), why: error.to_string() })?;
        }
        Ok(Self::File(file))
    }
}

/// The folder for the data of programs, by the XDG Base Directory Specification, or by Windows' own rule.
fn data_home(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // "If an implementation encounters a relative path, it should consider the path invalid and ignore it."
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let by_home = || folder("HOME").map(|home| home.join(".local").join("share"));
    folder("XDG_DATA_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(by_home)
}

/// Makes a folder that only its owner may look into: readers' names are nobody else's business.
fn make(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_platform_says_where_data_are_kept() {
        let home = |pairs: &'static [(&str, &str)]| {
            data_home(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into()))
        };
        assert_eq!(home(&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/a")]), Some("/data".into()));
        assert_eq!(home(&[("XDG_DATA_HOME", "data"), ("HOME", "/home/a")]), Some("/home/a/.local/share".into()));
        assert_eq!(home(&[("HOME", "")]), None);
        assert_eq!(":memory:".parse(), Ok(Place::Memory));
        assert_eq!("a.db".parse(), Ok(Place::File("a.db".into())));
    }
}
