// SPDX-License-Identifier: GPL-2.0-only

//! The lines that the carried series names as context.

    }

    /// Returns the kernel error code.
    pub fn to_errno(self) -> crate::ffi::c_int {
        self.0.get()
    }
