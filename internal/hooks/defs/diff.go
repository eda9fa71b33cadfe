// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
)

// A Change is how one hook differs between two trees.
type Change struct {
	// Kind is added, removed, changed or renamed.
	Kind string `json:"kind"`
	// Name is that of the hook in the new tree, or in the old one where it was removed.
	Name string `json:"name"`
	// Old and New are the hook on both sides; nil where it is not there.
	Old *Hook `json:"old,omitempty"`
	New *Hook `json:"new,omitempty"`
	// What says one by one what is different: "parameter 2: `unsigned long clone_flags` is now
	// `u64 clone_flags`".
	What []string `json:"what,omitempty"`
}

// String prints c as an entry of a changelog, with lines of its own for what changed.
func (c *Change) String() string {
	var head string
	switch c.Kind {
	case "added":
		head = fmt.Sprintf("added    %s  [default %s] (%s:%d)", c.New.Prototype(), c.New.Default, c.New.File, c.New.Line)
	case "removed":
		head = fmt.Sprintf("removed  %s (%s:%d)", c.Old.Prototype(), c.Old.File, c.Old.Line)
	case "renamed":
		head = fmt.Sprintf("renamed  %s is now %s (%s:%d)", c.Old.Name, c.New.Prototype(), c.New.File, c.New.Line)
	default:
		head = fmt.Sprintf("changed  %s (%s:%d)", c.New.Name, c.New.File, c.New.Line)
	}
	for _, w := range c.What {
		head += "\n             " + w
	}
	return head
}

// Diff returns how the hooks of tree b differ from those of tree a: what changed and what came
// in the order of b, then what went in the order of a. A hook that went where another came,
// with a name like it, was renamed.
func Diff(a, b fs.FS) ([]Change, error) {
	old, _, err := List(a)
	if err != nil {
		return nil, err
	}
	now, _, err := List(b)
	if err != nil {
		return nil, err
	}
	return DiffHooks(old, now, ctype.NewHeaders(b, "x86", TypeRoots()...)), nil
}

// DiffHooks tells what came, went and changed from one list of hooks to another, in the order of their names.
func DiffHooks(old, now []Hook, h *ctype.Headers) []Change {
	was, is := Index(old), Index(now)
	renamed := map[string]*Hook{} // of the new name to the old hook
	gone := map[string]bool{}
	for i := range now {
		if was[now[i].Name] == nil {
			if from := renamedFrom(&now[i], i, now, old, was, is, gone); from != nil {
				renamed[now[i].Name], gone[from.Name] = from, true
			}
		}
	}
	var changes []Change
	for i := range now {
		n := &now[i]
		o := was[n.Name]
		if o == nil {
			o = renamed[n.Name]
		}
		switch {
		case o == nil:
			changes = append(changes, Change{Kind: "added", Name: n.Name, New: n})
		case o.Name != n.Name:
			changes = append(changes, Change{"renamed", n.Name, o, n, differences(o, n, h)})
		default:
			if what := differences(o, n, h); len(what) > 0 {
				changes = append(changes, Change{"changed", n.Name, o, n, what})
			}
		}
	}
	for i := range old {
		if o := &old[i]; is[o.Name] == nil && !gone[o.Name] {
			changes = append(changes, Change{Kind: "removed", Name: o.Name, Old: o})
		}
	}
	return changes
}

// Index maps names to hooks; the first of a name counts.
func Index(hooks []Hook) map[string]*Hook {
	m := make(map[string]*Hook, len(hooks))
	for i := range hooks {
		if m[hooks[i].Name] == nil {
			m[hooks[i].Name] = &hooks[i]
		}
	}
	return m
}

// renamedFrom returns the hook of old that now[i] is under a new name, or nil: one that went,
// with a name that shares the half with it, and that stood behind the same hook.
func renamedFrom(n *Hook, i int, now, old []Hook, was, is map[string]*Hook, taken map[string]bool) *Hook {
	before := neighbour(now, i, was)
	for j := range old {
		o := &old[j]
		if is[o.Name] != nil || taken[o.Name] || neighbour(old, j, is) != before {
			continue
		}
		if likeness.Distance(o.Name, n.Name) <= max(len(o.Name), len(n.Name))/2 {
			return o
		}
	}
	return nil
}

// neighbour returns the name of the last hook before hooks[i] that both trees have.
func neighbour(hooks []Hook, i int, other map[string]*Hook) string {
	for i--; i >= 0; i-- {
		if other[hooks[i].Name] != nil {
			return hooks[i].Name
		}
	}
	return ""
}

// differences says one by one how a hook changed.
func differences(o, n *Hook, h *ctype.Headers) []string {
	var what []string
	note := func(thing, was, is string) {
		what = append(what, fmt.Sprintf("%s: `%s` is now `%s`", thing, was, is))
	}
	if o.Return != n.Return && !ctype.Compatible(o.Type.Elem, n.Type.Elem, h) {
		note("return type", o.Return, n.Return)
	}
	if o.Default != n.Default {
		note("default", o.Default, n.Default)
	}
	switch {
	case len(o.Params) != len(n.Params):
		note("parameters", "("+paramText(o)+")", "("+paramText(n)+")")
	default:
		for i := range o.Type.Params {
			op, np := o.Type.Params[i], n.Type.Params[i]
			if !ctype.Compatible(op.Type, np.Type, h) {
				note(fmt.Sprintf("parameter %d", i+1), op.Type.Declare(op.Name), np.Type.Declare(np.Name))
			}
		}
	}
	if o.Condition != n.Condition {
		note("condition", o.Condition, n.Condition)
	}
	return what
}

func paramText(h *Hook) string {
	var parts []string
	for _, p := range h.Type.Params {
		parts = append(parts, p.Type.Declare(p.Name))
	}
	return strings.Join(parts, ", ")
}
