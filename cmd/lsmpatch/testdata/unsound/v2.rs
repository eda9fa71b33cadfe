// SPDX-License-Identifier: GPL-2.0

//! Puts a file into a descriptor table and denies its opening, in safe code.

#![forbid(unsafe_code)]

use kernel::{
    fs::file::{
        flags,
        FileDescriptorReservation, //
    },
    lsm::{
        Hooks,
        OpeningFile,
        Task, //
    },
    prelude::*,
};

struct RustLsmSample;

#[vtable]
impl Hooks for RustLsmSample {
    fn file_open(file: &OpeningFile) -> Result {
        if file.flags() & flags::O_DSYNC == 0 {
            return Ok(());
        }
        FileDescriptorReservation::get_unused_fd_flags(0)?.fd_install(file.into());
        Err(EPERM)
    }

    fn task_alloc(_task: &Task, clone_flags: u64) -> Result {
        pr_info!("task_alloc: clone_flags {:#x}\n", clone_flags);
        Ok(())
    }
}

kernel::define_lsm!(RustLsmSample, "rust_lsm_sample", LSM_ID_IPE);
