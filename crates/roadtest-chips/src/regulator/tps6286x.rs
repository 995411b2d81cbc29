// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! Texas Instruments TPS62864.
