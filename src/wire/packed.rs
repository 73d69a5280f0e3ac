//! The compact form of a value, for what travels between our own two ends: the control socket and the islands' properties.
//!
//! It is [postcard](https://postcard.jamesmunns.com/wire-format): fields one after the other without their names, so both
//! ends must be of the same build, which [`FORMAT`](super::FORMAT) and the hash in the files' names see to. The labs
//! themselves speak JSON, as the lessons say, and so do recordings. Here JSON would cost every reader some 40 kB of
//! program, because a reader of JSON has to expect the fields of each type in any order.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// Bytes that are not the compact form of the value that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonsense;

impl fmt::Display for Nonsense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these bytes are no message of this format")
    }
}

impl std::error::Error for Nonsense {}

/// Writes a value.
///
/// # Panics
/// Never for types of this crate: only a list of unknown length, or a `Serialize` that fails by itself, cannot be written.
pub fn pack(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("our types know their lengths and do not fail")
}

/// Reads a value that the bytes contain and nothing else.
///
/// # Errors
/// [`Nonsense`] if they end early, go on too long, or mean nothing.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Nonsense> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(Nonsense),
    }
}

/// A value that stands in an island's properties: those are JSON in an attribute, and this is a string of hexadecimal
/// digits there.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed<T>(pub T);

impl<T> Deref for Packed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
        let digits: String = pack(&self.0).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let digit = |at: u8| char::from(at).to_digit(16).unwrap_or_default() as u8;
        let bytes: Vec<u8> = digits
            .as_bytes()
            .chunks(2)
            .map(|two| digit(two[0]) << 4 | two.get(1).map_or(0, |low| digit(*low)))
            .collect();
        unpack(&bytes).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_value_survives_an_attribute() {
        let value = (String::from("字 and \u{1f4a5}"), vec![0u8, 255], Some(-1i64));
        let json = serde_json::to_string(&Packed(value.clone())).unwrap();
        assert!(json.bytes().all(|byte| byte == b'"' || byte.is_ascii_hexdigit()), "{json}");
        assert_eq!(serde_json::from_str::<Packed<(String, Vec<u8>, Option<i64>)>>(&json).unwrap().0, value);
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_nonsense() {
        let bytes = pack(&("news", 7u32));
        assert_eq!(unpack::<(String, u32)>(&bytes).unwrap(), ("news".to_owned(), 7));
        for end in 0..bytes.len() {
            assert_eq!(unpack::<(String, u32)>(&bytes[..end]), Err(Nonsense));
        }
        assert_eq!(unpack::<(String, u32)>(&[bytes, vec![0]].concat()), Err(Nonsense));
        assert!(serde_json::from_str::<Packed<(String, u32)>>(r#""zz""#).is_err());
    }
}
