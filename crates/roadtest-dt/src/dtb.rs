// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The tree as a DTB (Devicetree Specification, section 5), written by one
//! library and read back by another: what the kernel gets is what the tree
//! says, or there is an error.

use std::collections::BTreeMap;

use fdt::node::FdtNode;
use vm_fdt::FdtWriter;

use crate::error::Error;
use crate::node::Node;
use crate::tree::{Tree, join};
use crate::value::{Cell, Part, Value};

/// A node with its properties as bytes.
struct Flat<'t> {
    path: String,
    name: &'t str,
    properties: Vec<(&'t str, Vec<u8>)>,
    children: Vec<Flat<'t>>,
}

impl Tree {
    /// The tree as a DTB. Nodes that are referred to get a `phandle`
    /// property, as their last one: 1, 2, … in the order of the tree.
    ///
    /// # Errors
    /// What [`check`](Self::check) finds; or the DTB cannot be written or,
    /// read back, differs from the tree.
    pub fn to_dtb(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let numbers = Numbers {
            tree: self,
            phandles: self.phandles()?,
        };
        let flat = numbers.flatten("/".to_owned(), &self.root);
        let mut writer = FdtWriter::new().map_err(Error::Write)?;
        write(&mut writer, &flat).map_err(Error::Write)?;
        let dtb = writer.finish().map_err(Error::Write)?;
        let read = fdt::Fdt::new(&dtb).map_err(Error::ReadBack)?;
        // The root cannot be missing: it is what the writer began with.
        let root = read.find_node("/").ok_or_else(|| Error::Differs {
            path: "/".to_owned(),
            text: "it is missing".to_owned(),
        })?;
        equal(&flat, root)?;
        Ok(dtb)
    }
}

struct Numbers<'t> {
    tree: &'t Tree,
    phandles: BTreeMap<String, u32>,
}

impl<'t> Numbers<'t> {
    fn flatten(&self, path: String, node: &'t Node) -> Flat<'t> {
        let mut properties: Vec<_> = node
            .properties
            .iter()
            .map(|property| (property.name.as_str(), self.bytes(&property.value)))
            .collect();
        if let Some(phandle) = self.phandles.get(&path)
            && node.get("phandle").is_none()
        {
            properties.push(("phandle", phandle.to_be_bytes().to_vec()));
        }
        Flat {
            name: &node.name,
            properties,
            children: node
                .children
                .iter()
                .map(|child| self.flatten(join(&path, &child.name), child))
                .collect(),
            path,
        }
    }

    fn bytes(&self, value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in value.parts() {
            match part {
                Part::Text(text) => {
                    bytes.extend(text.bytes());
                    bytes.push(0);
                }
                Part::Cells(cells) => {
                    for cell in cells {
                        let number = match cell {
                            Cell::Number(number) => *number,
                            Cell::Phandle(label) => self.phandles[&self.path_of(label)],
                        };
                        bytes.extend(number.to_be_bytes());
                    }
                }
                Part::Bytes(more) => bytes.extend(more),
                Part::Path(label) => {
                    bytes.extend(self.path_of(label).bytes());
                    bytes.push(0);
                }
            }
        }
        bytes
    }

    /// The path of a label; the tree has been checked, so there is one.
    fn path_of(&self, label: &str) -> String {
        self.tree.path_of(label).unwrap_or_default()
    }
}

fn write(writer: &mut FdtWriter, node: &Flat<'_>) -> Result<(), vm_fdt::Error> {
    let open = writer.begin_node(node.name)?;
    for (name, bytes) in &node.properties {
        writer.property(name, bytes)?;
    }
    for child in &node.children {
        write(writer, child)?;
    }
    writer.end_node(open)
}

/// Every node and property, in order, with equal bytes.
fn equal(wanted: &Flat<'_>, read: FdtNode<'_, '_>) -> Result<(), Error> {
    let differs = |text: String| Error::Differs {
        path: wanted.path.clone(),
        text,
    };
    let properties: Vec<_> = read.properties().map(|p| (p.name, p.value)).collect();
    if properties.len() != wanted.properties.len() {
        return Err(differs(format!(
            "{} properties instead of {}",
            properties.len(),
            wanted.properties.len()
        )));
    }
    for ((name, bytes), (read_name, read_bytes)) in wanted.properties.iter().zip(properties) {
        if *name != read_name || bytes != read_bytes {
            return Err(differs(format!(
                "property {read_name} = {read_bytes:02x?} instead of {name} = {bytes:02x?}"
            )));
        }
    }
    let children: Vec<_> = read.children().collect();
    if children.len() != wanted.children.len() {
        return Err(differs(format!(
            "{} children instead of {}",
            children.len(),
            wanted.children.len()
        )));
    }
    for (child, read) in wanted.children.iter().zip(children) {
        if child.name != read.name {
            return Err(differs(format!(
                "child {} instead of {}",
                read.name, child.name
            )));
        }
        equal(child, read)?;
    }
    Ok(())
}
