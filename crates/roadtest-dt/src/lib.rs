// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! The devicetree as a value: built in code or read from fragments of DTS,
//! written as a DTB for the kernel and as DTS text for people. It knows no
//! board, chip or virtio device, and it reads and writes no files.
//!
//! In reading order: [`value`] is what a property holds, [`node`] is a node
//! with its properties and children, [`origin`] says where each was written,
//! [`tree`] is the whole with labels and paths, `check` holds the rules every
//! tree keeps, `dtb` and `dts` write it, and `fragment` (with `values`,
//! `cells` and `cursor`) reads DTS.
//!
//! ```
//! use roadtest_dt::{Cell, Node, Tree, Value};
//!
//! let mut tree = Tree::new();
//! tree.root_mut()
//!     .push(Node::new("gpio").label("gpio").prop("gpio-controller", Value::flag()))
//!     .push(
//!         Node::new("i2c").label("i2c").child(
//!             Node::new("light@44")
//!                 .prop("compatible", "ti,opt3001")
//!                 .prop("reg", 0x44)
//!                 .prop("interrupts-extended", [Cell::phandle("gpio"), 3.into(), 2.into()]),
//!         ),
//!     );
//! tree.overlay_dts("&i2c { clock-frequency = <400000>; };")?;
//! let dtb = tree.to_dtb()?;
//! assert_eq!(dtb[..4], [0xd0, 0x0d, 0xfe, 0xed]);
//! # Ok::<(), roadtest_dt::Error>(())
//! ```

mod cells;
mod check;
mod cursor;
mod dtb;
mod dts;
pub mod error;
mod fragment;
pub mod node;
pub mod origin;
pub mod tree;
pub mod value;
mod values;

pub use error::Error;
pub use node::{Node, Property};
pub use origin::{Origin, Place};
pub use tree::Tree;
pub use value::{Cell, Part, Value};
