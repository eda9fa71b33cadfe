// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
	"maps"
	"testing"
	"testing/fstest"
)

// TestMayNotSleep has a tree that says in each way that a hook may not sleep, and beside each one of
// which it does not say so.
func TestMayNotSleep(t *testing.T) {
	tree := maps.Clone(defs(`LSM_HOOK(int, 0, told, void)
LSM_HOOK(int, 0, told_too, void)
LSM_HOOK(void, LSM_RET_VOID, cred_free, struct cred *cred)
LSM_HOOK(void, LSM_RET_VOID, shm_free, void)
LSM_HOOK(void, LSM_RET_VOID, late_free, void)
LSM_HOOK(void, LSM_RET_VOID, x_rcu, void *x)
LSM_HOOK(int, 0, of_old, int a)
LSM_HOOK(int, 0, of_old_too, int a)
LSM_HOOK(int, 0, nobody_calls, int a)
`))
	for name, text := range map[string]string{
		HooksHeader: `/**
 * @of_old:
 *	Check something. This can be called in
 *	atomic context.
 * @of_old_too:
 *	Check more, where @of_old cannot.
 */
`,
		SecurityPath: `/**
 * security_told() - Check
 * @a: the hook must
 *
 * Be quick: Must not
 * sleep inside this hook.
 */
int security_told(void)
{
	return call_int_hook(told);
}

/**
 * security_told_too() - Check
 *
 * As security_told(), which must be quick.
 */
int security_told_too(void)
{
	/* no sleep here */
	return call_int_hook(told_too);
}

void security_cred_free(struct cred *cred) { call_void_hook(cred_free, cred); }
void security_shm_free(void)
{
	call_void_hook(shm_free);
}
void security_late_free(void)
{
	call_void_hook(late_free);
}
`,
		"kernel/cred.c": `static void put_cred_rcu(struct rcu_head *rcu)
{
	security_cred_free(container_of(rcu, struct cred, rcu));
}
void declared(struct rcu_head *head);
void later(struct work_struct *work)
{
	security_late_free();
}
`,
		"ipc/shm.c": `static void
free_it(void *p)
{
	security_shm_free();
}
static void shm_rcu_free(struct rcu_head *head)
{
	free_it(head);
}
`,
	} {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	hooks, _, err := List(tree)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		if f := tree[name]; f != nil {
			return string(f.Data)
		}
		return ""
	}
	want := map[string]string{
		"told": SecurityPath + ":6", "x_rcu": DefsPath + ":6", "of_old": HooksHeader + ":4",
		"cred_free": "kernel/cred.c:1", "shm_free": "ipc/shm.c:6",
	}
	for i := range hooks {
		if h := &hooks[i]; MayNotSleep(read, h) != want[h.Name] {
			t.Errorf("%s: %q, want %q", h.Name, MayNotSleep(read, h), want[h.Name])
		}
	}
}
