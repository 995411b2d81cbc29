// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What a property holds. References are kept as labels: a phandle gets its
//! number only when a tree is written.

/// One 32-bit cell of a `<…>` list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// A number.
    Number(u32),
    /// The phandle of the node with this label: `&gpio`.
    Phandle(String),
}

impl Cell {
    /// The phandle of the node labelled `label` (without `&`).
    pub fn phandle(label: impl Into<String>) -> Self {
        Self::Phandle(label.into())
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

/// One of the comma-separated parts of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `"text"`; ends with a NUL in the DTB, and contains none.
    Text(String),
    /// `<1 &gpio 0x44>`, each cell four bytes, most significant first.
    Cells(Vec<Cell>),
    /// `[00 1f]`.
    Bytes(Vec<u8>),
    /// `&label` outside of a cell list: the path of the node, as text.
    Path(String),
}

/// The value of a property: its parts in order; none for a flag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Value {
    parts: Vec<Part>,
}

impl Value {
    /// A flag: the property is present and has no value.
    pub const fn flag() -> Self {
        Self { parts: Vec::new() }
    }

    /// Strings, in order.
    pub fn strings<S: Into<String>>(strings: impl IntoIterator<Item = S>) -> Self {
        strings.into_iter().map(|s| Part::Text(s.into())).collect()
    }

    /// One list of cells.
    pub fn cells<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Self {
        Part::Cells(cells.into_iter().map(Into::into).collect()).into()
    }

    /// One array of bytes.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Part::Bytes(bytes.into()).into()
    }

    /// The parts, in order; empty for a flag.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The labels that are referred to, in order, each as often as it occurs.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| {
            let (path, cells): (Option<&str>, &[Cell]) = match part {
                Part::Path(label) => (Some(label), &[]),
                Part::Cells(cells) => (None, cells),
                Part::Text(_) | Part::Bytes(_) => (None, &[]),
            };
            path.into_iter().chain(cells.iter().filter_map(Cell::label))
        })
    }

    /// The labels whose phandles are needed.
    pub(crate) fn phandles(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| {
            let cells: &[Cell] = match part {
                Part::Cells(cells) => cells,
                Part::Text(_) | Part::Bytes(_) | Part::Path(_) => &[],
            };
            cells.iter().filter_map(Cell::label)
        })
    }

    /// The number in a value of exactly one numeric cell.
    pub(crate) fn single(&self) -> Option<u32> {
        match self.parts.as_slice() {
            [Part::Cells(cells)] => match cells.as_slice() {
                [Cell::Number(number)] => Some(*number),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Cell {
    fn label(&self) -> Option<&str> {
        match self {
            Self::Phandle(label) => Some(label),
            Self::Number(_) => None,
        }
    }
}

impl FromIterator<Part> for Value {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        Self {
            parts: parts.into_iter().collect(),
        }
    }
}

impl From<Part> for Value {
    fn from(part: Part) -> Self {
        Self { parts: vec![part] }
    }
}

impl From<u32> for Value {
    fn from(cell: u32) -> Self {
        Self::cells([cell])
    }
}

impl<const N: usize> From<[u32; N]> for Value {
    fn from(cells: [u32; N]) -> Self {
        Self::cells(cells)
    }
}

impl<const N: usize> From<[Cell; N]> for Value {
    fn from(cells: [Cell; N]) -> Self {
        Self::cells(cells)
    }
}

impl From<Vec<Cell>> for Value {
    fn from(cells: Vec<Cell>) -> Self {
        Self::cells(cells)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::strings([text])
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::strings([text])
    }
}
