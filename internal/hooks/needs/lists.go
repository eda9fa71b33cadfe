// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// A list is an array of struct security_hook_list that a file defines, or one such struct.
type list struct {
	decl *ctype.Decl
	// entries are its elements, places where each stands; some of them stand under conditions of their own.
	entries     [][]ctype.Token
	places      []int
	conditional bool
	long        bool // there are more than maxPlaces, which are not here
	depth       int  // of the names that are followed
}

// listsOf returns the lists of hooks that a unit defines.
func (c *needs) listsOf(u *ctype.Unit) []list {
	var found []list
	for _, d := range u.Decls {
		isArray := d.Type.Class == ctype.Array && c.isHookList(u, d.Type.Elem)
		if isArray && d.Init == nil && d.Storage != "extern" {
			if l := c.wordsOf(u).filledLater(d); l != nil {
				found = append(found, *l)
			}
		}
		if len(d.Init) < 2 {
			continue
		}
		switch {
		case isArray:
			found = append(found, newList(d))
		case d.Type.Class == ctype.Struct && d.Type.Name == "security_hook_list":
			found = append(found, list{decl: d, entries: [][]ctype.Token{d.Init}, places: []int{0}})
		}
	}
	return found
}

func (c *needs) isHookList(u *ctype.Unit, elem *ctype.Type) bool {
	if elem.Class == ctype.Typedef && u.Find(elem.Name) != nil { // one of the file's own
		elem = c.Src.Scope(u).Resolve(elem)
	}
	return elem.Class == ctype.Struct && elem.Name == "security_hook_list"
}

// newList takes the initialiser of an array apart.
func newList(d *ctype.Decl) list {
	l := list{decl: d}
	next := 0
	for _, entry := range ctype.Split(d.Init[1 : len(d.Init)-1]) {
		if len(entry) == 0 {
			continue
		}
		l.conditional = l.conditional || entry[0].Cond() != d.Cond
		first, last, rest := designated(entry, next)
		if len(l.entries)+last-first >= maxPlaces {
			l.long, l.conditional = true, true
			return l
		}
		for next = first; next <= last; next++ {
			l.entries, l.places = append(l.entries, rest), append(l.places, next)
		}
	}
	return l
}

// designated returns the places that an element says that it fills, [3] = … or [3 ... 5] = …, and what it puts there; else the next.
func designated(entry []ctype.Token, next int) (first, last int, rest []ctype.Token) {
	inner, rest := ctype.Group(entry)
	if inner == nil || !entry[0].Is("[") || len(rest) < 2 || !rest[0].Is("=") {
		return next, next, entry
	}
	first, err := strconv.Atoi(inner[0].Text)
	last = first
	if len(inner) == 3 && err == nil {
		last, err = strconv.Atoi(inner[2].Text)
	}
	if err != nil || len(inner) != 1 && len(inner) != 3 || first < 0 || last < first || last >= maxPlaces {
		return next, next, rest[1:]
	}
	return first, last, rest[1:]
}

// maxPlaces bounds how long a list is taken to be.
const maxPlaces = 10_000

// lists checks the lists of hooks of the series: that they are added, whole, and what is in them.
func (c *needs) lists() {
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		if i := slices.IndexFunc(u.Problems, func(p ctype.Problem) bool { return p.Limit }); i >= 0 {
			c.Add("hooks/unresolved", u.Problems[i].Pos, u.Problems[i].Message+", and what they make was not read to the end", "write out what this file needs of them")
		}
		c.defineArgs(name)
		for _, l := range c.listsOf(u) {
			if l.long {
				c.Add("hooks/unresolved", l.decl.Pos, fmt.Sprintf("%s has more than %d elements, and those after them were not looked at", l.decl.Name, maxPlaces), "a list has an element for each hook")
			}
			c.inside(u, &l)
			c.added(u, &l)
		}
		c.besideEachOther(u)
		c.assigned(u)
		c.tables(u)
	}
	c.unknownLists()
}

// inside checks what is in a list.
func (c *needs) inside(u *ctype.Unit, l *list) {
	c.twice(l)
	c.gaps(l)
	c.crossedCalls(l)
	c.entries(u, l)
}

// added checks that a list is given to security_add_hooks, with the number of its elements.
func (c *needs) added(u *ctype.Unit, l *list) {
	isAdded, isMentioned := false, false
	var all []addition
	for _, file := range c.usersOf(u, l.decl) {
		user := c.Src.Unit(file)
		all = append(all, c.additionsOf(user, l.decl.Name)...)
		c.addedTwice(user, l)
		isMentioned = isMentioned || c.mentionedElsewhere(user, l.decl)
	}
	if len(all) == 0 && isMentioned && c.isJudged(u, l.decl) {
		c.Add("hooks/unresolved", l.decl.Pos, fmt.Sprintf("whether %s is given to %s is not followed", l.decl.Name, addHooks),
			fmt.Sprintf("call it in the init function: %s(%s, ARRAY_SIZE(%[2]s), …)", addHooks, l.decl.Name))
	}
	c.inTwoRows(l, all)
	isAdded = slices.ContainsFunc(all, func(a addition) bool { return !a.dead && c.isReached(a.unit, a.within) })
	switch {
	case len(all) == 1 && all[0].loop == nil && isFirst(all[0].list, l.decl.Name):
		c.counted(l, &all[0])
	case len(all) > 0:
		c.parts(l, all)
	}
	if !isAdded && (len(all) == 0 && !isMentioned || len(all) > 0 && !c.lacksInit()) && c.isJudged(u, l.decl) {
		if len(all) > 0 && all[0].dead {
			c.Add("hooks/never-added", l.decl.Pos, fmt.Sprintf("no way leads to where %s gives %s to %s (%s), so its hooks are never called", all[0].within.Name, l.decl.Name, addHooks, all[0].within.Pos),
				"call it before the function returns")
			return
		}
		if len(all) > 0 && all[0].within != nil {
			c.Add("hooks/never-added", l.decl.Pos, fmt.Sprintf("nothing calls %s, which gives %s to %s (%s), so its hooks are never called", all[0].within.Name, l.decl.Name, addHooks, all[0].within.Pos),
				fmt.Sprintf("make it .init of DEFINE_LSM(), or call it from there: int __init %s(void)", all[0].within.Name))
			return
		}
		c.neverAdded(l.decl)
	}
}

// isJudged reports whether it is the series' doing that a list is not added: it makes the list, or the list was added before it.
func (c *needs) isJudged(u *ctype.Unit, d *ctype.Decl) bool {
	if c.Src.IsNew(u.Path) || d.Storage == "static" && len(c.Src.UnitBefore(u.Path).Find(d.Name)) == 0 {
		return true
	}
	return slices.ContainsFunc(c.usersOf(u, d), func(file string) bool {
		return slices.ContainsFunc(c.additionsOf(c.Src.UnitBefore(file), d.Name), func(a addition) bool { return !a.dead && c.isCalled(a.unit, a.within) })
	})
}

func (c *needs) neverAdded(d *ctype.Decl) {
	how := fmt.Sprintf("%s, ARRAY_SIZE(%[1]s)", d.Name)
	if d.Type.Class != ctype.Array {
		how = "&" + d.Name + ", 1"
	}
	c.Add("hooks/never-added", d.Pos, fmt.Sprintf("nothing gives %s to %s, so its hooks are never called", d.Name, addHooks),
		fmt.Sprintf("call it in the init function: %s(%s, …)", addHooks, how))
}

// lacksInit reports whether the series has a descriptor without .init, which is told of: nothing calls its function then.
func (c *needs) lacksInit() bool {
	return slices.ContainsFunc(c.inits, func(i initializer) bool {
		f := i.field("init")
		return i.tag == "lsm_info" && (f == nil || f.isNull())
	})
}

// addedTwice tells of a list that a function adds twice, one call behind the other: each of its hooks takes two of the
// kernel's places and is called twice.
func (c *needs) addedTwice(u *ctype.Unit, l *list) {
	for _, d := range c.wordsOf(u).bodies[l.decl.Name] {
		var before *ctype.Call
		for _, call := range addsIn(d.Body, addHooks) {
			if len(call.Args) < 2 || !mentions(call.Args[0], l.decl.Name) {
				continue
			}
			if before != nil && straight(d.Body[before.End:call.Index]) && d.Body[before.End].Cond() == call.Name.Cond() &&
				ctype.Text(before.Args[0]) == ctype.Text(call.Args[0]) { // and not the one part of the list, then the other
				c.Add("hooks/twice", call.Name.Pos(), fmt.Sprintf("%s is given to %s twice", l.decl.Name, addHooks), "leave one of them out: each hook is called twice")
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
func (c *needs) mentionedElsewhere(u *ctype.Unit, d *ctype.Decl) bool {
	w := c.wordsOf(u)
	if len(w.bodies[d.Name]) > 0 || slices.ContainsFunc(w.inits[d.Name], func(other *ctype.Decl) bool { return other.Pos != d.Pos }) {
		return true
	}
	return slices.ContainsFunc(u.Uses, func(use ctype.Use) bool { return mentions(use.Init, d.Name) || mentions(use.Body, d.Name) })
}

func mentions(toks []ctype.Token, name string) bool {
	return slices.ContainsFunc(toks, func(t ctype.Token) bool { return t.Is(name) })
}

// twice tells of a hook that a list has twice: both functions are called. What a macro makes of the list
// of all hooks in one place is meant so.
func (c *needs) twice(l *list) {
	first := map[hookUse]ctype.Pos{}
	for _, t := range l.hooks() {
		k := hookUse{t.Text, t.Cond()}
		if other, has := first[k]; has {
			c.Add("hooks/twice", t.Pos(), fmt.Sprintf("%s has hook %s twice (%s)", l.decl.Name, k.hook, other), "leave one of them out: both are called")
		}
		first[k] = t.Pos()
	}
}

// A hookUse is a hook in a list, and the condition that it stands under.
type hookUse struct{ hook, cond string }

// hooks returns the names of hooks in LSM_HOOK_INIT(), without those of elements that are made from one place.
func (l *list) hooks() []ctype.Token {
	var written []ctype.Token
	made := map[ctype.Pos]int{}
	for _, entry := range l.entries {
		for _, call := range ctype.Calls(entry, "LSM_HOOK_INIT") {
			if len(call.Args) == 2 && len(call.Args[0]) == 1 {
				written = append(written, call.Args[0][0])
				made[call.Args[0][0].Pos()]++
			}
		}
	}
	return slices.DeleteFunc(written, func(t ctype.Token) bool { return made[t.Pos()] > 1 })
}

// crossedCalls tells of an element that puts the function of one hook into the static calls of another.
func (c *needs) crossedCalls(l *list) {
	for _, entry := range l.entries {
		calls, member := "", ctype.Token{}
		for i := 0; i+3 < len(entry); i++ {
			switch {
			case entry[i].Is("static_calls_table") && entry[i+1].Is("."):
				calls = entry[i+2].Text
				if j := i + 3; j+3 < len(entry) && entry[j].Is(",") && entry[j+1].Is("{") && entry[j+2].Is(".") {
					member = entry[j+3]
				}
			case entry[i].Is("hook") && entry[i+1].Is("="):
				if j := i + 2; entry[j].Is("{") && j+2 < len(entry) && entry[j+1].Is(".") {
					member = entry[j+2]
				}
			case entry[i].Is("hook") && entry[i+1].Is("."):
				member = entry[i+2]
			}
		}
		if calls != "" && len(c.ByName[member.Text]) > 0 && calls != member.Text {
			c.crossedPair(member, calls)
		}
	}
}

func (c *needs) crossedPair(member ctype.Token, calls string) {
	c.Add("hooks/crossed-calls", member.Pos(), fmt.Sprintf("the function for hook %s goes to the static calls of hook %s", member.Text, calls),
		fmt.Sprintf("write LSM_HOOK_INIT(%s, …)", member.Text))
}

// isFreed reports whether an attribute puts what it stands at where the kernel frees it when it has booted.
func isFreed(attr string) bool {
	switch attr {
	case "__init", "__exit", "__initdata", "__initconst", "__exitdata":
		return true
	}
	return strings.Contains(attr, `".init.`) || strings.Contains(attr, `".exit.`)
}

// besideEachOther tells of a hook that two lists have, which a function adds one behind the other.
func (c *needs) besideEachOther(u *ctype.Unit) {
	lists := map[string]*list{}
	for _, l := range c.listsOf(u) {
		lists[l.decl.Name] = &l
	}
	if len(lists) < 2 {
		return
	}
	for _, d := range u.Decls {
		var added []*list
		last := 0
		for _, call := range addsIn(d.Body, addHooks) {
			if !straight(d.Body[last:call.Index]) || d.Body[max(call.Index-1, 0)].Is(")") {
				added = nil
			}
			last = call.End
			l := lists[ctype.Text(call.Args[0])]
			if l == nil || slices.Contains(added, l) { // which is told of by itself
				continue
			}
			for _, other := range added {
				c.shared(l, other)
			}
			added = append(added, l)
		}
	}
}

// shared tells of the hooks that two lists have, under one condition.
func (c *needs) shared(l, other *list) {
	has := map[hookUse]ctype.Pos{}
	for _, t := range other.hooks() {
		has[hookUse{t.Text, t.Cond()}] = t.Pos()
	}
	for _, t := range l.hooks() {
		if pos, both := has[hookUse{t.Text, t.Cond()}]; both {
			c.Add("hooks/twice", t.Pos(), fmt.Sprintf("%s and %s have hook %s both (%s)", other.decl.Name, l.decl.Name, t.Text, pos), "leave one of them out: both are called")
		}
	}
}

// assigned tells of two statements next to each other that fill in one element for two hooks.
func (c *needs) assigned(u *ctype.Unit) {
	for _, d := range u.Decls {
		var before setting
		for end := range d.Body {
			if !d.Body[end].Is(";") {
				continue
			}
			s := settingOf(d.Body[ctype.StatementStart(d.Body, end):end])
			if s.element == "" || s.element != before.element || s.isCalls == before.isCalls {
				before = s
				continue
			}
			calls, member := s.hook, before.hook
			if !s.isCalls {
				calls, member = member, calls
			}
			if len(c.ByName[member.Text]) > 0 && calls.Text != member.Text {
				c.crossedPair(member, calls.Text)
			}
			before = setting{}
		}
	}
}

// A setting is a statement that gives an element its static calls, or its function.
type setting struct {
	element string
	isCalls bool
	hook    ctype.Token
}

// settingOf reads "ELEMENT.scalls = static_calls_table.HOOK" and "ELEMENT.hook.HOOK = …".
func settingOf(statement []ctype.Token) setting {
	for i := 1; i+3 < len(statement); i++ {
		if !statement[i-1].Is(".") && !statement[i-1].Is("->") {
			continue
		}
		element := ctype.Text(statement[:i-1])
		switch {
		case statement[i].Is("scalls") && statement[i+1].Is("=") && statement[i+2].Is("static_calls_table") && len(statement) == i+5:
			return setting{element, true, statement[i+4]}
		case statement[i].Is("hook") && statement[i+1].Is(".") && statement[i+3].Is("="):
			return setting{element, false, statement[i+2]}
		}
	}
	return setting{}
}

// freed tells of functions and data that the kernel uses after boot and frees with the rest of .init.
func (c *needs) freed() {
	tell := func(pos ctype.Pos, what, attr string) {
		c.Add("hooks/freed-at-boot", pos, fmt.Sprintf("%s, but it is %s, which is freed when the kernel has booted", what, attr), "leave "+attr+" out")
	}
	for _, name := range c.Src.LSMFiles(".c") {
		for _, d := range c.Regs[name] {
			declared := c.Definitions(&d)
			if fn := d.Function(); fn != nil {
				declared = append(declared, fn)
				declared = append(declared, c.Src.Unit(name).Find(fn.Name)...) // what a prototype says counts for the function too
			}
			seen := map[ctype.Pos]bool{}
			for _, fn := range declared {
				for _, attr := range fn.Attrs {
					if isFreed(attr) && d.Shim == nil && !seen[fn.Pos] {
						seen[fn.Pos] = true
						tell(fn.Pos, fmt.Sprintf("%s serves hook %s", fn.Name, d.Hook), attr)
					}
				}
			}
		}
		c.onStack(c.Src.Unit(name))
		for _, d := range c.Src.Unit(name).Decls {
			t := d.Type
			if t.Class == ctype.Array {
				t = t.Elem
			}
			if t.Class != ctype.Struct || !slices.Contains([]string{"security_hook_list", "lsm_id", "lsm_blob_sizes"}, t.Name) {
				continue
			}
			for _, attr := range d.Attrs {
				if isFreed(attr) {
					tell(d.Pos, fmt.Sprintf("the framework keeps %s", d.Name), attr)
				}
			}
		}
	}
}

// kept are the structs of which the framework keeps the addresses that it is given.
var kept = []string{"lsm_id", "security_hook_list"}

// onStack tells of lists and IDs that a function has on its stack, and gives to the framework.
func (c *needs) onStack(u *ctype.Unit) {
	for _, d := range u.Decls {
		for _, call := range addsIn(d.Body, addHooks) {
			for i, arg := range call.Args {
				if i != 1 && len(arg) > 0 && isOnStack(d.Body[:call.Index], arg) {
					c.Add("hooks/freed-at-boot", arg[0].Pos(), fmt.Sprintf("the framework keeps `%s`, but it is on the stack of %s, and gone when that returns", short(ctype.Text(arg)), d.Name),
						"define it outside of functions, or static")
				}
			}
		}
	}
}

// isOnStack reports whether an argument is a literal of a struct, or names a variable of the function whose begin body is.
func isOnStack(body, arg []ctype.Token) bool {
	isKept := func(toks []ctype.Token) bool { // at "struct lsm_id"
		return len(toks) > 2 && toks[0].Is("struct") && slices.Contains(kept, toks[1].Text)
	}
	for i := range arg {
		if i > 0 && arg[i-1].Is("(") && (isKept(arg[i:]) || arg[i].Is("const") && isKept(arg[i+1:])) {
			inner, rest := ctype.Group(arg[i-1:])
			return inner != nil && len(rest) > 0 && rest[0].Is("{")
		}
	}
	for i := range body {
		if !isKept(body[i:]) || !mentions(arg, body[i+2].Text) || body[i+2].Kind != ctype.Ident {
			continue
		}
		before := body[ctype.StatementStart(body, i):i]
		if !mentions(before, "static") && !mentions(before, "extern") {
			return true
		}
	}
	return false
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
		c.Add("hooks/no-descriptor", calls[0].Name.Pos(), fmt.Sprintf("%s registers hooks, but nothing in %s defines an LSM, so the framework knows of none and its order, blobs and lsm= do not apply", name, top),
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
		return strings.Contains(c.Src.Text(file), "DEFINE_LSM(") || strings.Contains(c.Src.Text(file), "DEFINE_EARLY_LSM(")
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
	for n, line := range strings.Split(c.Src.Text(defs.HooksHeader), "\n") {
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
