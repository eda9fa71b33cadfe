/* SPDX-License-Identifier: GPL-2.0 */
/* BPF LSM programs for TestObject: one right, one for no hook, one that may not sleep. */
#define SEC(name) __attribute__((section(name), used))

SEC("license") char _license[] = "GPL";

SEC("lsm/file_open") int right(void *ctx)
{
	return 0;
}

SEC("lsm/file_opened") int nowhere(void *ctx)
{
	return 0;
}

SEC("lsm.s/task_free") int sleeper(void *ctx)
{
	return 0;
}
