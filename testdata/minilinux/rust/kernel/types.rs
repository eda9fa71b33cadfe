// SPDX-License-Identifier: GPL-2.0-only

//! The lines that the carried series names as context.

    }

    /// Returns a raw pointer to the opaque data.
    pub const fn get(&self) -> *mut T {
        UnsafeCell::get(&self.value).cast::<T>()
    }
