// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// A list is an array of struct security_hook_list that a file defines.
type list struct {
	decl *ctype.Decl
	// entries are its elements; some of them stand under conditions of their own.
	entries     [][]ctype.Token
	conditional bool
}

// listsOf returns the lists of hooks that a unit defines.
func listsOf(u *ctype.Unit) []list {
	var found []list
	for _, d := range u.Decls {
		if d.Type.Class != ctype.Array || d.Type.Elem.Name != "security_hook_list" || len(d.Init) < 2 {
			continue
		}
		l := list{decl: d}
		for _, entry := range ctype.Split(d.Init[1 : len(d.Init)-1]) {
			if len(entry) > 0 {
				l.entries = append(l.entries, entry)
				l.conditional = l.conditional || entry[0].Cond != d.Cond
			}
		}
		found = append(found, l)
	}
	return found
}

// lists checks the lists of hooks of the series: that they are added, whole, and what is in them.
func (c *needs) lists() {
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		if i := slices.IndexFunc(u.Problems, func(p ctype.Problem) bool { return p.Limit }); i >= 0 {
			c.Add("hooks/unresolved", u.Problems[i].Pos, u.Problems[i].Message+", and what they make was not read to the end", "write out what this file needs of them")
		}
		for _, l := range listsOf(u) {
			c.twice(&l)
			c.crossedCalls(&l)
			c.entries(u, &l)
			c.added(u, &l)
		}
	}
}

// added checks that a list is given to security_add_hooks, with the number of its elements.
func (c *needs) added(u *ctype.Unit, l *list) {
	isAdded := false
	for _, file := range c.usersOf(u, l.decl) {
		for _, call := range callsIn(c.Src.Unit(file), addHooks) {
			if len(call.Args) < 2 || !mentions(call.Args[0], l.decl.Name) {
				continue
			}
			isAdded = true
			c.counted(c.Src.Unit(file), l, call)
		}
		c.addedTwice(c.Src.Unit(file), l)
		isAdded = isAdded || mentionedElsewhere(c.Src.Unit(file), l.decl)
	}
	if !isAdded && c.Src.IsNew(u.Path) {
		c.Add("hooks/never-added", l.decl.Pos, fmt.Sprintf("nothing gives %s to %s, so its hooks are never called", l.decl.Name, addHooks),
			fmt.Sprintf("call it in the init function: %s(%s, ARRAY_SIZE(%[2]s), …)", addHooks, l.decl.Name))
	}
}

// addedTwice tells of a list that a function adds twice, one call behind the other: each of its hooks takes two of the
// kernel's places and is called twice.
func (c *needs) addedTwice(u *ctype.Unit, l *list) {
	for _, d := range u.Decls {
		var before *ctype.Call
		for _, call := range ctype.Calls(d.Body, addHooks) {
			if len(call.Args) < 2 || !mentions(call.Args[0], l.decl.Name) {
				continue
			}
			if before != nil && straight(d.Body[before.End:call.Index]) && d.Body[before.End].Cond == call.Name.Cond &&
				ctype.Text(before.Args[0]) == ctype.Text(call.Args[0]) { // and not the one part of the list, then the other
				c.Add("hooks/twice", call.Name.Pos, fmt.Sprintf("%s is given to %s twice", l.decl.Name, addHooks), "leave one of them out: each hook is called twice")
			}
			before = &call
			if at := d.Body[max(call.Index-1, 0)]; at.Is(")") || at.Is("else") {
				before = nil // the statement of an if: what follows may be for where this is not so
			}
		}
	}
}

// straight reports whether a program comes from the begin to the end of tokens in any case.
func straight(toks []ctype.Token) bool {
	return !slices.ContainsFunc(toks, func(t ctype.Token) bool {
		return t.Is("else") || t.Is("}") || t.Is("return") || t.Is("goto") || t.Is("case") || t.Is("default")
	})
}

// usersOf returns the files that can name a declaration.
func (c *needs) usersOf(u *ctype.Unit, d *ctype.Decl) []string {
	if d.Storage == "static" {
		return []string{u.Path}
	}
	return c.Src.LSMFiles(".c")
}

// mentionedElsewhere reports whether a function of a unit uses a list, in whatever way, or hands it on.
func mentionedElsewhere(u *ctype.Unit, d *ctype.Decl) bool {
	for _, other := range u.Decls {
		if other.Defined && mentions(other.Body, d.Name) || other.Pos != d.Pos && mentions(other.Init, d.Name) {
			return true
		}
	}
	return slices.ContainsFunc(u.Uses, func(use ctype.Use) bool { return mentions(use.Init, d.Name) || mentions(use.Body, d.Name) })
}

func mentions(toks []ctype.Token, name string) bool {
	return slices.ContainsFunc(toks, func(t ctype.Token) bool { return t.Is(name) })
}

// twice tells of a hook that a list has twice: both functions are called. What a macro makes of the list
// of all hooks in one place is meant so.
func (c *needs) twice(l *list) {
	type key struct{ hook, cond string }
	var written []ctype.Token
	made := map[ctype.Pos]int{}
	for _, entry := range l.entries {
		for _, call := range ctype.Calls(entry, "LSM_HOOK_INIT") {
			if len(call.Args) == 2 && len(call.Args[0]) == 1 {
				written = append(written, call.Args[0][0])
				made[call.Args[0][0].Pos]++
			}
		}
	}
	first := map[key]ctype.Pos{}
	for _, t := range written {
		if made[t.Pos] > 1 {
			continue
		}
		k := key{t.Text, t.Cond}
		if other, has := first[k]; has {
			c.Add("hooks/twice", t.Pos, fmt.Sprintf("%s has hook %s twice (%s)", l.decl.Name, k.hook, other), "leave one of them out: both are called")
		}
		first[k] = t.Pos
	}
}

// crossedCalls tells of an element that puts the function of one hook into the static calls of another.
func (c *needs) crossedCalls(l *list) {
	for _, entry := range l.entries {
		calls, member := "", ctype.Token{}
		for i := 0; i+3 < len(entry); i++ {
			switch {
			case entry[i].Is("static_calls_table") && entry[i+1].Is("."):
				calls = entry[i+2].Text
			case entry[i].Is("hook") && entry[i+1].Is("="):
				if j := i + 2; entry[j].Is("{") && j+2 < len(entry) && entry[j+1].Is(".") {
					member = entry[j+2]
				}
			case entry[i].Is("hook") && entry[i+1].Is("."):
				member = entry[i+2]
			}
		}
		if calls != "" && member.Text != "" && calls != member.Text {
			c.Add("hooks/crossed-calls", member.Pos, fmt.Sprintf("the function for hook %s goes to the static calls of hook %s", member.Text, calls),
				fmt.Sprintf("write LSM_HOOK_INIT(%s, …)", member.Text))
		}
	}
}

// freed tells of functions and data that the kernel uses after boot and frees with the rest of .init.
func (c *needs) freed() {
	tell := func(pos ctype.Pos, what, attr string) {
		c.Add("hooks/freed-at-boot", pos, fmt.Sprintf("%s, but is %s, which is freed when the kernel has booted", what, attr), "leave "+attr+" out")
	}
	for _, name := range c.Src.LSMFiles(".c") {
		for _, d := range c.Regs[name] {
			for _, fn := range append(c.Definitions(&d), d.Function()) {
				if fn == nil || d.Shim != nil {
					continue
				}
				for _, attr := range fn.Attrs {
					if attr == "__init" || attr == "__exit" {
						tell(fn.Pos, fmt.Sprintf("%s serves hook %s", fn.Name, d.Hook), attr)
					}
				}
			}
		}
		for _, d := range c.Src.Unit(name).Decls {
			t := d.Type
			if t.Class == ctype.Array {
				t = t.Elem
			}
			if t.Class != ctype.Struct || !slices.Contains([]string{"security_hook_list", "lsm_id", "lsm_blob_sizes"}, t.Name) {
				continue
			}
			for _, attr := range d.Attrs {
				if attr == "__initdata" || attr == "__initconst" || attr == "__init" {
					tell(d.Pos, fmt.Sprintf("the framework keeps %s", d.Name), attr)
				}
			}
		}
	}
}

// noDescriptor tells of a new file that registers hooks in a folder without any descriptor of an LSM.
func (c *needs) noDescriptor(lsms []lsm) {
	for _, name := range c.Src.LSMFiles(".c") {
		calls := callsIn(c.Src.Unit(name), addHooks)
		if len(calls) == 0 || !c.Src.IsNew(name) || !strings.HasPrefix(name, "security/") {
			continue
		}
		top := topFolder(name)
		fills := func(i initializer) bool { return i.tag == "lsm_info" && topFolder(i.pos.File) == top }
		if slices.ContainsFunc(c.inits, fills) || slices.ContainsFunc(lsms, func(l lsm) bool { return topFolder(l.pos.File) == top }) || c.hasDescriptor(path.Dir(name)) {
			continue
		}
		c.Add("hooks/no-descriptor", calls[0].Name.Pos, fmt.Sprintf("%s registers hooks, but nothing in %s defines an LSM, so the framework knows of none and its order, blobs and lsm= do not apply", name, top),
			"define it by DEFINE_LSM(), whose .init calls "+addHooks)
	}
}

// topFolder returns the folder of an LSM: security/NAME.
func topFolder(file string) string {
	parts := strings.SplitN(file, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func (c *needs) hasDescriptor(dir string) bool {
	return slices.ContainsFunc(c.Src.FilesIn(dir, ".c"), func(file string) bool {
		return strings.Contains(string(c.Src.Read(file)), "DEFINE_LSM(") || strings.Contains(string(c.Src.Read(file)), "DEFINE_EARLY_LSM(")
	})
}

// newLSMs checks what a new LSM must not take: the place of others, and that of a module.
func (c *needs) newLSMs(lsms []lsm) {
	for i := range c.inits {
		if f := c.inits[i].field("order"); f != nil && f.value != "" && c.inits[i].tag == "lsm_info" && c.Src.IsNew(f.pos.File) {
			c.order(&c.inits[i], f)
		}
	}
	taken := map[string]lsmID{}
	for _, id := range lsmIDs(c.Src.ReadBefore(uapiPath)) {
		taken[strings.ToLower(strings.TrimPrefix(id.name, "LSM_ID_"))] = id
	}
	for i := range lsms {
		l := &lsms[i]
		if !c.Src.IsNew(l.pos.File) {
			continue
		}
		if l.name == "" || strings.ContainsAny(l.name, ", \t\"\\") {
			c.Add("hooks/bad-name", l.pos, fmt.Sprintf("no LSM can be called %q: lsm= and CONFIG_LSM are lists with commas between the names", l.name), "give it one word as its name")
		}
		if n := slices.IndexFunc(lsms[:i], func(o lsm) bool { return o.name == l.name && l.name != "" }); n >= 0 && lsms[n].cond == l.cond {
			c.Add("hooks/name-taken", l.pos, fmt.Sprintf("the series defines an LSM %s twice (%s)", l.name, lsms[n].pos), "take a name of its own")
		}
		touches := func(file string) bool { return topFolder(file) == "security/"+l.name }
		if id, is := taken[l.name]; is && !slices.ContainsFunc(c.Src.Touched, touches) {
			c.Add("hooks/name-taken", l.pos, fmt.Sprintf("another LSM is called %s (%s: %s)", l.name, id.pos, id.name), "take a name of its own")
		}
		c.asModule(l)
	}
}

// order tells of a place in the order that the tree's header keeps for one LSM.
func (c *needs) order(i *initializer, f *field) {
	about := i.pos.File
	for _, other := range i.fields {
		about += " " + other.value
	}
	for n, line := range strings.Split(string(c.Src.Read(defs.HooksHeader)), "\n") {
		_, comment, isIt := strings.Cut(line, f.value)
		_, whom, isKept := strings.Cut(comment, "only for ")
		// "capabilities" and "capability" are the same.
		if !isIt || !isKept || strings.Contains(about, whom[:min(7, len(whom))]) {
			continue
		}
		_, remark, _ := strings.Cut(comment, "/*")
		c.Add("hooks/order", f.pos, fmt.Sprintf("%s is kept for others (%s:%d: %s)", f.value, defs.HooksHeader, n+1, strings.Trim(remark, " */")),
			"leave .order out: CONFIG_LSM and lsm= say where the LSM stands")
	}
}

// asModule tells of an LSM that a configuration can build as a module: nothing that it needs is there then.
func (c *needs) asModule(l *lsm) {
	built := c.Src.Gates(l.pos.File)
	for _, name := range built.Configs {
		if sym := c.Src.Symbol(path.Dir(l.pos.File), name); sym != nil && sym.Tristate && strings.HasPrefix(sym.Pos.File, "security/") {
			c.Add("hooks/module-lsm", sym.Pos, fmt.Sprintf("%s is tristate, but an LSM cannot be a module: %s is __init and not exported", sym.Name, addHooks), "write bool")
		}
	}
	if built.Module {
		c.Add("hooks/module-lsm", l.pos, fmt.Sprintf("%s is built as a module only, but an LSM cannot be one: %s is __init and not exported", l.pos.File, addHooks),
			"add it to obj-y or obj-$(CONFIG_…) of a bool")
	}
}
