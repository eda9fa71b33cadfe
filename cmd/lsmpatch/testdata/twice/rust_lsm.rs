// SPDX-License-Identifier: GPL-2.0

//! A second LSM, of a file and a type of the same name as the first.

#![forbid(unsafe_code)]

use kernel::{
    lsm::{
        Hooks,
        OpeningFile, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

static LOGGED: Atomic<u32> = Atomic::new(0);

struct RustLsmSample;

#[vtable]
impl Hooks for RustLsmSample {
    fn file_open(file: &OpeningFile) -> Result {
        if LOGGED.fetch_add(1, Relaxed) == 0 {
            pr_info!("file_open: flags {:#x}\n", file.flags());
        }
        Ok(())
    }
}

kernel::define_lsm!(RustLsmSample, "rust_lsm_other", LSM_ID_RUST_LSM_OTHER);
