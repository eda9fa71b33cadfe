// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// A sleeper is a function for a hook that may sleep, and what in it does.
type sleeper struct {
	hook string
	pos  ctype.Pos
	what string
}

// sleeps checks the functions of hooks that may not sleep.
func (c *Series) sleeps() {
	var found []sleeper
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		for _, r := range c.Regs[name] {
			if r.decl == nil || !r.decl.Defined {
				continue
			}
			if pos, what := cSleeper(u, r.decl.Body, 0); what != "" {
				found = append(found, sleeper{r.Hook, pos, what})
			}
		}
	}
	for i := range c.Links {
		if l := &c.Links[i]; l.Adapter != nil {
			if pos, what := c.rustSleeper(l); what != "" {
				found = append(found, sleeper{l.Shim.Hook, pos, what})
			}
		}
	}
	why := map[string]string{}
	for _, s := range found {
		hooks := c.ByName[s.hook]
		if len(hooks) == 0 {
			continue
		}
		if _, known := why[s.hook]; !known {
			why[s.hook] = defs.MayNotSleep(c.Src.Read, hooks[0])
		}
		if why[s.hook] != "" {
			c.Add("hooks/sleeps", s.pos, fmt.Sprintf("hook %s may not sleep (%s), but this may: %s", s.hook, why[s.hook], s.what),
				"use GFP_ATOMIC or GFP_NOWAIT, spinlocks, and no copying from user space")
		}
	}
}

// cSleeper finds what may sleep in a function body, following calls within the file.
func cSleeper(u *ctype.Unit, body []ctype.Token, depth int) (ctype.Pos, string) {
	for i := range body {
		t := &body[i]
		if t.Kind != ctype.Ident {
			continue
		}
		if t.Text == "GFP_KERNEL" || t.Text == "GFP_USER" {
			return t.Pos, t.Text
		}
		if i+1 >= len(body) || !body[i+1].Is("(") {
			continue
		}
		if isSleeper(t.Text) {
			return t.Pos, t.Text + "()"
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

func isSleeper(name string) bool {
	switch name {
	case "mutex_lock", "mutex_lock_interruptible", "mutex_lock_killable", "down_read", "down_write", "down",
		"msleep", "msleep_interruptible", "usleep_range", "fsleep", "ssleep", "schedule", "schedule_timeout",
		"might_sleep", "cond_resched", "wait_event", "wait_event_interruptible", "wait_for_completion",
		"copy_from_user", "copy_to_user", "get_user", "put_user", "strncpy_from_user", "memdup_user",
		"synchronize_rcu", "vmalloc", "vzalloc", "kernel_read", "kernel_write", "filp_open":
		return true
	}
	return false
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
			if t.Text == "GFP_KERNEL" || isSleeper(t.Text) && i+1 < len(body) && body[i+1].Is("(") {
				return t.Pos, t.Text
			}
		}
	}
	return ctype.Pos{}, ""
}
