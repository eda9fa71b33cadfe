// SPDX-License-Identifier: GPL-2.0
/*
 * In C what lsm.rs beside it does in Rust.
 */
#include <linux/fs.h>
#include <linux/lsm_hooks.h>
#include <linux/sched.h>
#include <uapi/linux/lsm.h>

static int twin_file_open(struct file *file)
{
	if (file->f_flags & O_DSYNC)
		return -EPERM;
	return 0;
}

static int twin_task_alloc(struct task_struct *task, u64 clone_flags)
{
	if (clone_flags & CLONE_NEWUSER)
		return -EPERM;
	return 0;
}

static void twin_task_free(struct task_struct *task)
{
}

static struct security_hook_list twin_hooks[] __ro_after_init = {
	LSM_HOOK_INIT(file_open, twin_file_open),
	LSM_HOOK_INIT(task_alloc, twin_task_alloc),
	LSM_HOOK_INIT(task_free, twin_task_free),
};

static const struct lsm_id twin_id = {
	.name = "twin",
	.id = LSM_ID_RUST_LSM_SAMPLE,
};

static int __init twin_init(void)
{
	security_add_hooks(twin_hooks, ARRAY_SIZE(twin_hooks), &twin_id);
	return 0;
}

DEFINE_LSM(twin) = {
	.id = &twin_id,
	.init = twin_init,
};
