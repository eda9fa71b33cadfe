// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

const (
	securityPath = "security/security.c"
	bpfLSMPath   = "kernel/bpf/bpf_lsm.c"
)

// atomicHooks returns the hooks of which the tree says that they may not sleep, and where: in
// the comments of security.c, by a callback of RCU, or by a hook's own name.
func (c *checker) atomicHooks() map[string]string {
	found := map[string]string{}
	data := string(c.src.read(securityPath))
	lines := strings.Split(data, "\n")
	var inComment []string
	reason := ""
	for i, line := range lines {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "/**"):
			inComment, reason = nil, ""
		case strings.HasPrefix(trimmed, "*"):
			inComment = append(inComment, strings.Trim(trimmed, "* /"))
			text := strings.Join(inComment[max(0, len(inComment)-2):], " ")
			if saysAtomic(text) {
				reason = fmt.Sprintf("%s:%d", securityPath, i+1)
			}
		case strings.Contains(line, "call_int_hook(") || strings.Contains(line, "call_void_hook("):
			if name := hookOfCall(line); name != "" && reason != "" {
				found[name] = reason
			}
		case line == "}":
			reason = ""
		}
	}
	for i := range c.hooks {
		if strings.HasSuffix(c.hooks[i].Name, "_rcu") {
			found[c.hooks[i].Name] = fmt.Sprintf("%s:%d", c.hooks[i].File, c.hooks[i].Line)
		}
	}
	return found
}

func saysAtomic(text string) bool {
	text = strings.ToLower(text)
	for _, phrase := range []string{"not sleep inside", "must not sleep", "cannot sleep", "can't sleep", "may not sleep", "not allowed to sleep", "hold spinlocks", "holding a spinlock"} {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

func hookOfCall(line string) string {
	_, rest, _ := strings.Cut(line, "_hook(")
	name, _, _ := strings.Cut(rest, ",")
	name, _, _ = strings.Cut(name, ")")
	return strings.TrimSpace(name)
}

// A sleeper is a function for a hook that may sleep, and what in it does.
type sleeper struct {
	hook string
	pos  ctype.Pos
	what string
}

// sleeps checks the functions of hooks that may not sleep.
func (c *checker) sleeps() {
	var found []sleeper
	for _, name := range c.src.lsmFiles(".c") {
		u := c.src.unit(name)
		for _, r := range c.regs[name] {
			if r.decl == nil || !r.decl.Defined {
				continue
			}
			if pos, what := cSleeper(u, r.decl.Body, 0); what != "" {
				found = append(found, sleeper{r.hook, pos, what})
			}
		}
	}
	for i := range c.links {
		if l := &c.links[i]; l.adapter != nil {
			if pos, what := c.rustSleeper(l); what != "" {
				found = append(found, sleeper{l.shim.hook, pos, what})
			}
		}
	}
	if len(found) == 0 {
		return
	}
	atomic := c.atomicHooks()
	for _, s := range found {
		if why := atomic[s.hook]; why != "" {
			c.add("hooks/sleeps", s.pos, fmt.Sprintf("hook %s may not sleep (%s), but this may: %s", s.hook, why, s.what),
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
func (c *checker) rustSleeper(l *link) (ctype.Pos, string) {
	bodies := [][]rustsyn.Token{l.adapter.Body}
	for _, name := range c.src.lsmFiles(".rs") {
		for _, fn := range c.src.rust(name).Fns {
			if fn.Name == l.shim.hook && fn.Owner != nil && fn.Owner.Trait != "" && !fn.Owner.IsTrait {
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
