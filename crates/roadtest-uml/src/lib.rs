// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! roadtest-uml (under construction).
