// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// counted checks the count that the one call of security_add_hooks for a list gives.
func (c *needs) counted(l *list, a *addition) {
	count := a.count
	if len(count) == 0 {
		return
	}
	wrong := func(what string) { c.wrongCount(l, a, what) }
	size := l.filled()
	n, isNumber := worth(a.unit, l, count)
	switch {
	case !isNumber && mentions(count, "ARRAY_SIZE") && !mentions(count, l.decl.Name):
		wrong("its own number of")
	case !isNumber:
		c.uncounted(l, a)
	case n > size && n <= l.size() && !l.conditional:
		wrong(fmt.Sprintf("room for %d, and %d", l.size(), size))
	case n != size && (!l.conditional || mentions(count, l.decl.Name)):
		wrong(strconv.Itoa(size))
	}
}

func (c *needs) wrongCount(l *list, a *addition, has string) {
	hint := l.whole()
	if hint == "write "+ctype.Text(a.count) { // the array itself has another size
		hint = fmt.Sprintf("let the compiler count them: %s[]", l.decl.Name)
	}
	c.Add("hooks/wrong-count", a.count[0].Pos(), fmt.Sprintf("%s has %s elements, but %s is told %s", l.decl.Name, has, addHooks, ctype.Text(a.count)), hint)
}

func (c *needs) uncounted(l *list, a *addition) {
	c.Add("hooks/unresolved", a.count[0].Pos(), fmt.Sprintf("%s is told `%s`, which is not worked out", addHooks, ctype.Text(a.count)), l.whole())
}

// whole is how the number of all elements is written.
func (l *list) whole() string {
	switch {
	case l.decl.Type.Class != ctype.Array:
		return "write 1"
	case l.decl.Type.Elem.Class == ctype.Array:
		return "give it each of them, whole"
	}
	return fmt.Sprintf("write ARRAY_SIZE(%s)", l.decl.Name)
}

// parts checks several calls that add a list, or one that begins within it: none goes beyond its end, and together they add
// each of its elements.
func (c *needs) parts(l *list, all []addition) {
	size := l.filled()
	seen := make([]bool, min(size, maxPlaces))
	for i := range all {
		a := &all[i]
		from, known := begins(a.list, l.decl.Name)
		n, isNumber := worth(a.unit, l, a.count)
		if a.loop != nil && isNumber {
			from, n, known = a.loop.elements(a, l, n)
		}
		if !known {
			c.Add("hooks/unresolved", a.list[0].Pos(), fmt.Sprintf("%s is given `%s`, of which the count is not worked out", addHooks, ctype.Text(a.list)),
				fmt.Sprintf("write %s(%s, ARRAY_SIZE(%[2]s), …)", addHooks, l.decl.Name))
			return
		}
		if !isNumber {
			if len(a.count) > 0 {
				c.uncounted(l, a)
			}
			return
		}
		if n < 0 || from+n > size && !l.conditional {
			c.wrongCount(l, a, strconv.Itoa(size))
			return
		}
		for k := from; k < min(from+n, len(seen)); k++ {
			seen[k] = true
		}
	}
	if n := slices.Index(seen, false); n >= 0 && !l.conditional {
		last := &all[len(all)-1]
		c.Add("hooks/wrong-count", last.count[0].Pos(), fmt.Sprintf("%s has %d elements, of which number %d is never given to %s", l.decl.Name, size, n+1, addHooks), l.whole())
	}
}

// begins returns the number of the element that an argument begins a list with.
func begins(arg []ctype.Token, list string) (n int, ok bool) {
	if isFirst(arg, list) {
		return 0, true
	}
	text := strings.NewReplacer(" ", "", "(", "", ")", "").Replace(ctype.Text(arg))
	for _, form := range []string{list + "+", "&" + list + "["} {
		if rest, is := strings.CutPrefix(text, form); is {
			n, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

// gaps tells of elements that nothing fills in, before others, and of two that are written for one place.
func (c *needs) gaps(l *list) {
	if l.conditional {
		return
	}
	filled := map[int]bool{}
	for i, place := range l.places {
		if filled[place] {
			c.Add("hooks/twice", l.entries[i][0].Pos(), fmt.Sprintf("element %d of %s is written twice, and the first of them is lost", place, l.decl.Name), "give each its own place, or none")
		}
		filled[place] = !isEnd(l.entries[i])
	}
	for n := range l.filled() {
		if !filled[n] {
			c.Add("hooks/missing-field", l.decl.Pos, fmt.Sprintf("element %d of %s is empty, and %s follows its .scalls", n, l.decl.Name, addHooks), "leave no place out")
			return
		}
	}
}

// size returns the number of elements of the array: what it is declared with, or what it is filled with.
func (l *list) size() int {
	if n := l.declaredSize(); n > 0 {
		return n
	}
	n := 0
	for _, place := range l.places {
		n = max(n, place+1)
	}
	return n
}

// filled returns the number of elements without those at the end that are empty.
func (l *list) filled() int {
	n := 0
	for i, place := range l.places {
		if !isEnd(l.entries[i]) {
			n = max(n, place+1)
		}
	}
	return n
}

// declaredSize is the size that a list is declared with, 0 for none.
func (l *list) declaredSize() int {
	toks, _ := ctype.LexAt(l.decl.Pos, l.decl.Type.Len)
	w := worker{toks: toks, known: func([]ctype.Token) (quantity, int) { return quantity{}, 0 }}
	q, ok := w.all()
	if !ok || q.n < 0 {
		return 0
	}
	return min(q.n, maxPlaces)
}

// isFirst reports whether an argument is a list, or the address of its first element.
func isFirst(arg []ctype.Token, list string) bool {
	text := ctype.Text(arg)
	return text == list || text == "&"+list+"[0]" || text == "&"+list || text == "("+list+")"
}

// assigned returns what a variable, or a constant of an enumeration, is set to, where the unit sets it once;
// nil else.
func assigned(u *ctype.Unit, name []ctype.Token) []ctype.Token {
	if len(name) != 1 || name[0].Kind != ctype.Ident {
		return nil
	}
	var value []ctype.Token
	for i := 0; i+2 < len(u.Tokens); i++ {
		if u.Tokens[i].Text != name[0].Text {
			continue
		}
		if isChanged(u.Tokens, i) {
			return nil
		}
		if !u.Tokens[i+1].Is("=") {
			continue
		}
		if value != nil {
			return nil
		}
		rest := u.Tokens[i+2:]
		value = rest[:slices.IndexFunc(rest, func(t ctype.Token) bool { return t.Is(";") || t.Is(",") || t.Is("}") })+1]
		value = value[:max(0, len(value)-1)]
	}
	return value
}

// isChanged reports whether a statement makes another value of the variable at i out of the one that it has.
func isChanged(toks []ctype.Token, i int) bool {
	if i > 0 && (toks[i-1].Is("++") || toks[i-1].Is("--")) {
		return true
	}
	switch next := &toks[i+1]; {
	case next.Is("++"), next.Is("--"):
		return true
	case next.Kind == ctype.Punct && len(next.Text) > 1 && strings.HasSuffix(next.Text, "="):
		return !slices.Contains([]string{"==", "!=", "<=", ">="}, next.Text)
	}
	return false
}

// entries checks the elements of a list: each puts a function into a hook, and names the calls of that.
func (c *needs) entries(u *ctype.Unit, l *list) {
	needsCalls := c.structures()["security_hook_list"] != nil && c.structures()["security_hook_list"].has("scalls")
	at := c.wordsOf(u).registered
	var told ctype.Pos // where many elements stand that are included there
	for _, entry := range l.entries {
		if calls := ctype.Calls(entry, "LSM_HOOK_INIT"); len(calls) > 0 {
			if n := len(calls[0].Args); n != 2 {
				c.Add("hooks/framework-call", calls[0].Name.Pos(), fmt.Sprintf("LSM_HOOK_INIT takes 2 arguments, but is given %d", n), "give it the hook and the function")
			} else if next := calls[0].End; next < len(entry) && (entry[next].Is("LSM_HOOK_INIT") || entry[next].Is(";")) {
				c.Add("hooks/framework-call", entry[next].Pos(), fmt.Sprintf("`%s` follows an element of %s without a comma between", entry[next].Text, l.decl.Name), "end each element with a comma")
			}
			continue
		}
		isRegistration := slices.ContainsFunc(entry, func(t ctype.Token) bool { return at[t.Pos()] })
		switch {
		case !isRegistration && !isEnd(entry) && entry[0].Pos() != told:
			told = entry[0].Pos()
			c.Add("hooks/unresolved", entry[0].Pos(), fmt.Sprintf("what `%s` puts into %s is not followed", short(ctype.Text(entry)), l.decl.Name), "write LSM_HOOK_INIT(…)")
		case isRegistration && needsCalls && entry[0].Is("{") && entry[1].Is(".") && !mentions(entry, "scalls"):
			c.Add("hooks/missing-field", entry[0].Pos(), fmt.Sprintf("an element of %s has no .scalls, where %s puts the function", l.decl.Name, addHooks), "write LSM_HOOK_INIT(…)")
		}
	}
}

// isEnd reports whether an element is an empty one.
func isEnd(entry []ctype.Token) bool {
	return strings.Trim(ctype.Text(entry), "{} 0,") == ""
}

// short returns the start of a long text.
func short(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
