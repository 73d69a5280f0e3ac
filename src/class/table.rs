//! The report as a page reads it: the tables of the file that [`report`](super::report) writes.

/// A table of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The names of its columns.
    pub head: Vec<String>,
    /// Its lines.
    pub lines: Vec<Vec<String>>,
}

/// Reads the report again: its tables, each with a head, parted by empty lines. Quotation marks that are never closed reach to the end.
pub fn read(text: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut now = Table::default();
    for line in lines(text) {
        let blank = line.iter().all(String::is_empty);
        match (blank, now.head.is_empty()) {
            (true, true) => {}
            (true, false) => tables.push(std::mem::take(&mut now)),
            (false, true) => now.head = line,
            (false, false) => now.lines.push(line),
        }
    }
    if !now.head.is_empty() {
        tables.push(now);
    }
    tables
}

fn lines(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                line.push(std::mem::take(&mut field));
                lines.push(std::mem::take(&mut line));
            }
            letter => field.push(letter),
        }
    }
    if !field.is_empty() || !line.is_empty() {
        line.push(field);
        lines.push(line);
    }
    lines
}
