// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// A sleeper is a function for a hook that may sleep, and what in it does.
type sleeper struct {
	hook string
	pos  ctype.Pos
	what string
	// fn is the function, of C; nil for one of Rust.
	fn *ctype.Decl
}

// sleeps checks the functions of hooks that may not sleep.
func (c *Series) sleeps() {
	var found []sleeper
	for _, name := range c.Src.LSMFiles(".c") {
		found = append(found, sleepersOf(c.Src.Unit(name), c.Regs[name])...)
		for i := range c.Regs[name] {
			found = append(found, c.sleepersElsewhere(&c.Regs[name][i])...)
		}
	}
	for i := range c.Links {
		if l := &c.Links[i]; l.Adapter != nil {
			if pos, what := c.rustSleeper(l); what != "" {
				found = append(found, sleeper{l.Shim.Hook, pos, what, nil})
			}
		}
	}
	for _, s := range found {
		hooks := c.ByName[s.hook]
		if len(hooks) == 0 {
			continue
		}
		if c.sleptBefore(&s) {
			continue
		}
		if reason := c.mayNotSleep(hooks[0], &s); reason != "" {
			c.Add("hooks/sleeps", s.pos, fmt.Sprintf("hook %s may not sleep (%s), but this may: %s", s.hook, reason, s.what),
				"use GFP_ATOMIC or GFP_NOWAIT, spinlocks, and no copying from user space")
		}
	}
}

// mayNotSleep returns why the function of s may not sleep, or "": by what the tree says of its hook, by
// what tells the function that it may not and that it does not ask, or by the list of the hooks whose BPF
// programs may.
func (c *Series) mayNotSleep(h *defs.Hook, s *sleeper) string {
	if asks := condition(h); asks != "" {
		if s.fn == nil || asksBefore(s.fn, asks, s.pos) {
			return ""
		}
		return fmt.Sprintf("%s: where %s says so", h.ParamPos(len(h.Params)-1), asks)
	}
	reason, known := c.atomic[h.Name]
	if !known {
		reason = defs.MayNotSleep(c.Src.Text, h)
		c.atomic[h.Name] = reason
	}
	if reason == "" {
		reason = c.notSleepable(s)
	}
	return reason
}

// condition returns what tells the functions of a hook at each call whether they may sleep, or "".
func condition(h *defs.Hook) string {
	if h.Name == "inode_permission" {
		return "MAY_NOT_BLOCK" // in its mask, while a path is walked under RCU
	}
	if slices.ContainsFunc(h.Params, func(p defs.Param) bool { return p.Name == "rcu" }) {
		return "rcu"
	}
	return ""
}

// sleepersOf returns the registered functions of a unit that may sleep.
func sleepersOf(u *ctype.Unit, regs []Registration) []sleeper {
	var found []sleeper
	for _, r := range regs {
		if r.decl == nil || !r.decl.Defined {
			continue
		}
		if pos, what := cSleeper(u, r.decl.Body, 0); what != "" {
			found = append(found, sleeper{r.Hook, pos, what, r.decl})
		}
	}
	return found
}

// sleepersElsewhere is sleepersOf for a function that another file of the series defines.
func (c *Series) sleepersElsewhere(r *Registration) []sleeper {
	var found []sleeper
	for _, d := range c.Definitions(r) {
		if d == r.decl {
			continue
		}
		if pos, what := cSleeper(c.Src.Unit(d.Pos.File), d.Body, 0); what != "" {
			found = append(found, sleeper{r.Hook, pos, what, d})
		}
	}
	return found
}

// sleptBefore reports whether the tree without the series has the function, and it may sleep there.
func (c *Series) sleptBefore(s *sleeper) bool {
	if s.fn == nil || c.Src.IsNew(s.fn.Pos.File) {
		return false
	}
	old := c.Src.UnitBefore(s.fn.Pos.File)
	for _, d := range old.Find(s.fn.Name) {
		if _, what := cSleeper(old, d.Body, 0); what != "" {
			return true
		}
	}
	return false
}

// notSleepable returns where the tree lists the hooks whose BPF programs may sleep, where the hook of s is
// not among them and no other LSM of the tree sleeps in it; "" else. That a hook which the series brings is
// not there says nothing: nobody has thought of it.
func (c *Series) notSleepable(s *sleeper) string {
	set, where := c.btfSet(defs.SleepableHooks)
	if set == nil || set[s.hook] || c.isNewHook(s.hook) {
		return ""
	}
	for _, name := range append(c.Src.LSMFiles(".c"), c.lsmFiles()...) {
		if name != s.pos.File && bytes.Contains(c.Src.Read(name), []byte(s.hook)) && c.sleepersIn(name)[s.hook] {
			return ""
		}
	}
	return fmt.Sprintf("%s: it is not in %s", where, defs.SleepableHooks)
}

// isNewHook reports whether the tree without the series lacks a hook.
func (c *Series) isNewHook(name string) bool {
	if c.Src.Before == nil {
		return false
	}
	hooks, _ := defs.Parse(c.Src.ReadBefore(defs.DefsPath))
	return defs.Index(hooks)[name] == nil
}

// sleepersIn returns the hooks whose functions in a file may sleep.
func (c *Series) sleepersIn(name string) map[string]bool {
	hooks, known := c.sleepers[name]
	if !known {
		hooks = map[string]bool{}
		regs := c.Regs[name]
		u := c.Src.Unit(name)
		if regs == nil {
			regs = RegistrationsOf(c.Src, u)
		}
		for _, s := range sleepersOf(u, regs) {
			hooks[s.hook] = true
		}
		if c.sleepers == nil {
			c.sleepers = map[string]map[string]bool{}
		}
		c.sleepers[name] = hooks
	}
	return hooks
}

// btfSet is [defs.SetOf] of the tree with the series, whose file is taken apart once.
func (c *Series) btfSet(name string) (hooks map[string]bool, where string) {
	if c.sets == nil {
		c.sets = defs.AllSetEntries(c.Src.Read)
	}
	return defs.SetIn(c.sets, name)
}

// cSleeper finds what may sleep in a function body, following calls within the file.
func cSleeper(u *ctype.Unit, body []ctype.Token, depth int) (ctype.Pos, string) {
	for i := range body {
		t := &body[i]
		if t.Kind != ctype.Ident {
			continue
		}
		if isSleepingFlag(t.Text) && !isTakenAway(body, i) {
			return t.Pos(), t.Text
		}
		if (t.Text == "guard" || t.Text == "scoped_guard") && i+2 < len(body) && isSleepingGuard(body[i+2].Text) {
			return t.Pos(), t.Text + "(" + body[i+2].Text + ")"
		}
		if i+1 >= len(body) || !body[i+1].Is("(") {
			continue
		}
		if isSleeper(t.Text) || allocatesByDefault(body[i:]) {
			return t.Pos(), t.Text + "()"
		}
		if depth < 2 {
			if found := u.Find(t.Text); len(found) > 0 && found[0].Defined {
				if pos, what := cSleeper(u, found[0].Body, depth+1); what != "" {
					return pos, what
				}
			}
		}
	}
	return ctype.Pos{}, ""
}

// isSleepingFlag reports whether an allocation with these flags may wait for memory.
func isSleepingFlag(name string) bool {
	switch name {
	case "GFP_KERNEL", "GFP_KERNEL_ACCOUNT", "GFP_USER", "GFP_HIGHUSER", "GFP_HIGHUSER_MOVABLE", "GFP_NOFS", "GFP_NOIO",
		"__GFP_DIRECT_RECLAIM", "__GFP_RECLAIM":
		return true
	}
	return false
}

// isTakenAway reports whether the flag at i is taken out of others by "& ~", or what makes it wait is.
func isTakenAway(body []ctype.Token, i int) bool {
	if i > 0 && body[i-1].Is("~") {
		return true
	}
	return i+3 < len(body) && body[i+1].Is("&") && body[i+2].Is("~") && (body[i+3].Is("__GFP_DIRECT_RECLAIM") || body[i+3].Is("__GFP_RECLAIM"))
}

// allocatesByDefault reports whether a call is one of kmalloc_obj() and its kin, and says nothing of how to
// allocate: that is GFP_KERNEL then.
func allocatesByDefault(call []ctype.Token) bool {
	least := 0
	switch name := call[0].Text; {
	case name == "kmalloc_obj" || name == "kzalloc_obj" || name == "kvmalloc_obj" || name == "kvzalloc_obj":
		least = 1
	case name == "kmalloc_objs" || name == "kzalloc_objs" || name == "kvmalloc_objs" || name == "kvzalloc_objs":
		least = 2
	case name == "kmalloc_flex" || name == "kzalloc_flex" || name == "kvmalloc_flex" || name == "kvzalloc_flex":
		least = 3
	default:
		return false
	}
	inner, _ := ctype.Group(call[1:])
	return len(ctype.Split(inner)) == least
}

// isSleepingGuard reports whether a lock of this class, as guard() takes it, may wait.
func isSleepingGuard(class string) bool {
	return slices.Contains([]string{"mutex", "mutex_intr", "mutex_kill", "rwsem_read", "rwsem_write", "rwsem_read_intr", "rwsem_read_kill", "rwsem_write_kill", "srcu", "super_write"}, class)
}

func isSleeper(name string) bool {
	switch name {
	case "mutex_lock", "mutex_lock_interruptible", "mutex_lock_killable", "down_read", "down_write", "down",
		"msleep", "msleep_interruptible", "usleep_range", "fsleep", "ssleep", "schedule", "schedule_timeout",
		"might_sleep", "cond_resched", "wait_event", "wait_event_interruptible", "wait_for_completion",
		"copy_from_user", "copy_to_user", "get_user", "put_user", "strncpy_from_user", "memdup_user",
		"mutex_lock_nested", "down_read_killable", "down_write_killable", "wait_for_completion_timeout",
		"wait_for_completion_interruptible", "schedule_timeout_interruptible", "schedule_timeout_uninterruptible",
		"flush_work", "cancel_work_sync", "synchronize_srcu", "rcu_barrier", "kthread_stop", "call_usermodehelper",
		"request_module", "__copy_from_user", "__copy_to_user", "copy_struct_from_user",
		"synchronize_rcu", "vmalloc", "vzalloc", "kernel_read", "kernel_write", "filp_open",
		"mmap_read_lock", "mmap_write_lock", "mmap_read_lock_killable", "mmap_write_lock_killable", "mutex_lock_io",
		"down_interruptible", "down_killable", "down_timeout", "down_read_interruptible", "down_read_nested", "down_write_nested",
		"synchronize_rcu_expedited", "synchronize_rcu_tasks", "synchronize_net", "flush_workqueue", "drain_workqueue",
		"flush_delayed_work", "cancel_delayed_work_sync", "lock_sock", "inode_lock", "lock_page", "vmalloc_user", "vmalloc_node",
		"vmemdup_user", "memdup_user_nul", "strndup_user", "kern_path", "user_path_at":
		return true
	}
	return strings.HasPrefix(name, "wait_event_") // each of them may wait
}

// rustSleeper looks for what may sleep in the implementations of the trait method that an
// adapter calls, and in the adapter itself.
func (c *Series) rustSleeper(l *Link) (ctype.Pos, string) {
	bodies := [][]rustsyn.Token{l.Adapter.Body}
	for _, name := range c.Src.LSMFiles(".rs") {
		for _, fn := range c.Src.Rust(name).Fns {
			if fn.Name == l.Shim.Hook && fn.Owner != nil && fn.Owner.Trait != "" && !fn.Owner.IsTrait {
				bodies = append(bodies, fn.Body)
			}
		}
	}
	for _, body := range bodies {
		for i, t := range body {
			if isSleepingFlag(t.Text) || isSleeper(t.Text) && i+1 < len(body) && body[i+1].Is("(") {
				return t.Pos, t.Text
			}
		}
	}
	return ctype.Pos{}, ""
}
