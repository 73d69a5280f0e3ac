//! Numbers as a reader reads them. SI symbols are the same in every language, so they are written here.
//!
//! Whole numbers do all the work: the machinery that prints floats exactly would cost the page more than all of this.

use crate::wire::Micros;

/// Writes a coordinate, to a tenth of a pixel.
pub fn coordinate(out: &mut String, value: f32) {
    // A float that is not finite or out of range becomes 0 or the nearest end; `as` is saturating.
    let tenths = (value * 10.0).round() as i64;
    decimal(out, tenths, 1, true);
}

/// A number of `places` decimals, given as a whole number of the last place; `short` leaves zeros at the end away.
pub fn decimal(out: &mut String, value: i64, places: u32, short: bool) {
    if value < 0 {
        out.push('-');
    }
    let unit = 10u64.pow(places);
    let value = value.unsigned_abs();
    whole(out, value / unit);
    let mut rest = value % unit;
    if places == 0 || (short && rest == 0) {
        return;
    }
    out.push('.');
    let mut unit = unit / 10;
    while unit > 0 && !(short && rest == 0) {
        // A digit of base ten.
        out.push(char::from(b'0' + (rest / unit) as u8));
        rest %= unit;
        unit /= 10;
    }
}

/// Writes a whole number.
pub fn whole(out: &mut String, value: u64) {
    let mut digits = [0u8; 20];
    let mut place = digits.len();
    let mut rest = value;
    loop {
        place -= 1;
        digits[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    for digit in &digits[place..] {
        out.push(char::from(*digit));
    }
}

/// A whole number as a text.
pub fn number(value: u64) -> String {
    let mut out = String::new();
    whole(&mut out, value);
    out
}

/// A moment of a run, to a millisecond: `13.021 s`.
pub fn moment(at: Micros) -> String {
    let mut out = String::new();
    decimal(&mut out, div_round(at, 1000), 3, false);
    out.push_str(" s");
    out
}

/// A tick of the axis, as short as it goes: `9 s`, `9.25 s`, and from a minute on `1:05`.
pub fn tick(at: Micros) -> String {
    let mut out = String::new();
    if at >= 60_000_000 && at % 1_000_000 == 0 {
        let seconds = (at / 1_000_000) as u64;
        whole(&mut out, seconds / 60);
        out.push(':');
        if seconds % 60 < 10 {
            out.push('0');
        }
        whole(&mut out, seconds % 60);
        return out;
    }
    decimal(&mut out, div_round(at, 1000), 3, true);
    out.push_str(" s");
    out
}

/// A stretch of time with three digits or so: `0.4 ms`, `163 ms`, `1.45 s`, `37 s`, `2:05 min`.
pub fn span(micros: Micros) -> String {
    let mut out = String::new();
    let size = micros.unsigned_abs();
    if size < 10_000 {
        decimal(&mut out, div_round(micros, 100), 1, true);
        out.push_str(" ms");
    } else if size < 999_500 {
        decimal(&mut out, div_round(micros, 1000), 0, true);
        out.push_str(" ms");
    } else if size < 9_995_000 {
        decimal(&mut out, div_round(micros, 10_000), 2, false);
        out.push_str(" s");
    } else if size < 99_950_000 {
        decimal(&mut out, div_round(micros, 100_000), 1, true);
        out.push_str(" s");
    } else {
        out.push_str(&tick(div_round(micros, 1_000_000) * 1_000_000));
        out.push_str(" min");
    }
    out
}

/// Bytes: `184 B`, `29.6 kB`, `1.2 MB` (powers of ten).
pub fn bytes(bytes: u64) -> String {
    let mut out = String::new();
    let (value, unit) = match bytes {
        0..1000 => {
            whole(&mut out, bytes);
            out.push_str(" B");
            return out;
        }
        1000..999_950 => (bytes.saturating_add(50) / 100, " kB"),
        _ => (bytes.saturating_add(50_000) / 100_000, " MB"),
    };
    decimal(&mut out, i64::try_from(value).unwrap_or(i64::MAX), 1, false);
    out.push_str(unit);
    out
}

fn div_round(value: i64, by: i64) -> i64 {
    value.saturating_add(if value < 0 { -by / 2 } else { by / 2 }) / by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(moment(13_020_600), "13.021 s");
        assert_eq!(moment(-400), "0.000 s");
        assert_eq!(tick(9_000_000), "9 s");
        assert_eq!(tick(9_250_000), "9.25 s");
        assert_eq!(tick(65_000_000), "1:05");
        assert_eq!(span(400), "0.4 ms");
        assert_eq!(span(162_600), "163 ms");
        assert_eq!(span(1_449_600), "1.45 s");
        assert_eq!(span(999_600), "1.00 s");
        assert_eq!(span(37_000_000), "37 s");
        assert_eq!(span(125_400_000), "2:05 min");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(29_580), "29.6 kB");
        assert_eq!(bytes(999_960), "1.0 MB");
        assert_eq!(number(0), "0");
        let mut out = String::new();
        coordinate(&mut out, -12.34);
        out.push(' ');
        coordinate(&mut out, 7.0);
        assert_eq!(out, "-12.3 7");
        assert_eq!(number(u64::MAX), "18446744073709551615");
    }
}
