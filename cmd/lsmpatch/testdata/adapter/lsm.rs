// SPDX-License-Identifier: GPL-2.0

//! In Rust what lsm.c beside it does in C.

#![forbid(unsafe_code)]

use kernel::{
    fs::file::flags,
    lsm::{
        Hooks,
        OpeningFile,
        Task, //
    },
    prelude::*, //
};

const CLONE_NEWUSER: u64 = 0x1000_0000;

struct Twin;

#[vtable]
impl Hooks for Twin {
    fn file_open(file: &OpeningFile) -> Result {
        if file.flags() & flags::O_DSYNC != 0 {
            return Err(EPERM);
        }
        Ok(())
    }

    fn task_alloc(_task: &Task, clone_flags: u64) -> Result {
        if clone_flags & CLONE_NEWUSER != 0 {
            return Err(EPERM);
        }
        Ok(())
    }

    fn task_free(_task: &Task) {}
}

kernel::define_lsm!(Twin, "rust_lsm_sample", LSM_ID_RUST_LSM_SAMPLE);
