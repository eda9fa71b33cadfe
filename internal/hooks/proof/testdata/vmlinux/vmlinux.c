// SPDX-License-Identifier: GPL-2.0-only
// What Inspect reads of a kernel, in small: the union of hooks, two descriptors, their init functions.
typedef unsigned long long u64;
typedef unsigned short umode_t;
struct path;
union security_list_options {
	int (*file_open)(struct file *file);
	int (*task_alloc)(struct task_struct *task, u64 clone_flags);
	void (*task_free)(struct task_struct *task);
	int (*parse_param)(struct fs_context *fc, const char **name);
	int (*path_mkdir)(const struct path *dir, umode_t mode);
	int (*locked_down)(enum lockdown_reason { LOCKDOWN_NONE } what);
	void (*inode_free_security_rcu)(void *inode_security);
	int (*uring_sqpoll)(void);
	void *lsm_func_addr;
} options;

struct lsm_id { const char *name; u64 id; };
struct lsm_info {
	const struct lsm_id *id;
	int order;
	int (*init)(void);
};

static const struct lsm_id plain_id = { "plain", 102 }, sample_id = { "rust_lsm_sample", 0 };
__attribute__((section(".init.text"))) int plain_init(void) { return 0; }
int sample_init(void) { return 1; }
__attribute__((used, section(".lsm_info.init"))) static struct lsm_info plain = { &plain_id, 0, plain_init };
__attribute__((used, section(".lsm_info.init"))) static struct lsm_info sample = { &sample_id, 0, sample_init };
void _start(void) { options.lsm_func_addr = 0; }
