// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// rcuCallers are files in which callbacks of RCU call the framework, in trees of today and of old.
func rcuCallers() []string {
	return []string{"kernel/cred.c", "kernel/fork.c", "kernel/bpf/syscall.c", "fs/inode.c", "ipc/msg.c", "ipc/sem.c", "ipc/shm.c"}
}

// MayNotSleep returns where the tree says that a hook may not sleep, or "": by its name, in a comment on
// it or on the function of security.c that calls it, or by a callback of RCU that calls that.
func MayNotSleep(read func(name string) string, h *Hook) string {
	if strings.HasSuffix(h.Name, "_rcu") {
		return fmt.Sprintf("%s:%d", h.File, h.Line)
	}
	// Before Linux 6.4 the comments stood in the header, by the names of the hooks.
	if line := atomicRemark(read(HooksHeader), " * @"+h.Name+":\n", "\n * @"); line > 0 {
		return fmt.Sprintf("%s:%d", HooksHeader, line)
	}
	text := read(SecurityPath)
	for _, fn := range callersOf(text, h.Name) {
		if line := atomicRemark(text, " * "+fn+"() -", "*/"); line > 0 {
			return fmt.Sprintf("%s:%d", SecurityPath, line)
		}
		if !strings.Contains(h.Name, "free") {
			continue // what RCU delays is to free
		}
		for _, file := range rcuCallers() {
			if line := rcuCallbackOf(read(file), fn); line > 0 {
				return fmt.Sprintf("%s:%d", file, line)
			}
		}
	}
	return ""
}

// callersOf returns the functions of security.c that call a hook: those whose heads stand in the first
// column before the calls.
func callersOf(text, hook string) []string {
	var names []string
	for _, macro := range []string{"call_int_hook(", "call_void_hook("} {
		for rest := text; ; {
			i := strings.Index(rest, macro+hook)
			if i < 0 {
				break
			}
			end := i + len(macro) + len(hook)
			if head := lastHead(rest[:i]); head != "" && end < len(rest) && (rest[end] == ',' || rest[end] == ')') {
				names = append(names, head)
			}
			rest = rest[end:]
		}
	}
	return names
}

// lastHead returns the name of the last security_ function whose head stands in text, or "".
func lastHead(text string) string {
	for {
		i := strings.LastIndex(text, "\n")
		line := text[i+1:]
		if at := strings.Index(line, "security_"); at > 0 && line[0] != ' ' && line[0] != '\t' && line[0] != '/' {
			name, _, isHead := strings.Cut(line[at:], "(")
			if isHead {
				return name
			}
		}
		if i < 0 {
			return ""
		}
		text = text[:i]
	}
}

// rcuCallbackOf returns the line of a function of text that RCU calls when a grace period has ended, and
// that calls fn, itself or by functions of the file; 0 where there is none.
func rcuCallbackOf(text, fn string) int {
	const param = "(struct rcu_head *"
	if !strings.Contains(text, fn+"(") {
		return 0
	}
	for at := strings.Index(text, param); at >= 0; {
		if bodyCalls(text, bodyAt(text[at:]), fn, 2) {
			return 1 + strings.Count(text[:at], "\n")
		}
		next := strings.Index(text[at+1:], param)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return 0
}

// bodyAt returns the body of the function whose parameters text begins with, or "" where it has none:
// bodies begin and end in the first column.
func bodyAt(text string) string {
	head, rest, found := strings.Cut(text, ")\n{")
	if !found || strings.ContainsAny(head, ";{") {
		return ""
	}
	body, _, _ := strings.Cut(rest, "\n}")
	return body
}

// bodyCalls reports whether a body calls fn, itself or by functions of its file down to depth.
func bodyCalls(file, body, fn string, depth int) bool {
	toks, _ := ctype.Lex("", []byte(body))
	for i := 0; i+1 < len(toks); i++ {
		t := &toks[i]
		if t.Kind != ctype.Ident || !toks[i+1].Is("(") {
			continue
		}
		if t.Text == fn {
			return true
		}
		if depth > 0 && bodyCalls(file, definition(file, t.Text), fn, depth-1) {
			return true
		}
	}
	return false
}

// definition returns the body of the function name of a file, or "".
func definition(file, name string) string {
	for rest := file; ; {
		i := strings.Index(rest, name+"(")
		if i < 0 {
			return ""
		}
		start := strings.LastIndexByte(rest[:i], '\n') + 1
		if start == i || rest[start] != '\t' && rest[start] != ' ' && (rest[i-1] == ' ' || rest[i-1] == '*') {
			if body := bodyAt(rest[i+len(name):]); body != "" {
				return body
			}
		}
		rest = rest[i+1:]
	}
}

// atomicRemark returns the line of text in which the part of a comment between head and end says that
// it is about what may not sleep, or 0.
func atomicRemark(text, head, end string) int {
	i := strings.Index(text, head)
	if i < 0 {
		return 0
	}
	comment, _, _ := strings.Cut(text[i:], end)
	before := ""
	for n, line := range strings.Split(comment, "\n") {
		words := strings.Trim(line, "* /\t")
		if saysAtomic(before + " " + words) {
			return 1 + strings.Count(text[:i], "\n") + n
		}
		before = words
	}
	return 0
}

func saysAtomic(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{
		"not sleep inside", "must not sleep", "cannot sleep", "can't sleep", "may not sleep", "not allowed to sleep",
		"hold spinlocks", "holding a spinlock", "called from interrupt", "interrupt context", "atomic context",
	}, func(phrase string) bool { return strings.Contains(text, phrase) })
}
