// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// counted checks the list and the count that one call of security_add_hooks gives.
func (c *needs) counted(u *ctype.Unit, l *list, call ctype.Call) {
	count := call.Args[1]
	if len(count) == 0 {
		return
	}
	if !isFirst(call.Args[0], l.decl.Name) {
		c.Add("hooks/unresolved", call.Args[0][0].Pos, fmt.Sprintf("%s is given `%s`, of which the count is not worked out", addHooks, ctype.Text(call.Args[0])),
			fmt.Sprintf("write %s(%s, ARRAY_SIZE(%[2]s), …)", addHooks, l.decl.Name))
		return
	}
	wrong := func(what string) {
		c.Add("hooks/wrong-count", count[0].Pos, fmt.Sprintf("%s has %s elements, but %s is told %s", l.decl.Name, what, addHooks, ctype.Text(count)),
			fmt.Sprintf("write ARRAY_SIZE(%s)", l.decl.Name))
	}
	size := l.size()
	n, isNumber := worth(u, l, count)
	switch {
	case !isNumber && mentions(count, "ARRAY_SIZE") && !mentions(count, l.decl.Name):
		wrong("its own number of")
	case !isNumber:
		c.Add("hooks/unresolved", count[0].Pos, fmt.Sprintf("%s is told `%s`, which is not worked out", addHooks, ctype.Text(count)),
			fmt.Sprintf("write ARRAY_SIZE(%s)", l.decl.Name))
	case size > len(l.entries) && n > len(l.entries) && !l.conditional:
		wrong(fmt.Sprintf("room for %d, and %d", size, len(l.entries)))
	case n != size && (!l.conditional || mentions(count, l.decl.Name)):
		wrong(strconv.Itoa(size))
	}
}

// size returns the number of elements of the array: what it is declared with, or what it is filled with.
func (l *list) size() int {
	if n, err := strconv.Atoi(strings.TrimSpace(l.decl.Type.Len)); err == nil {
		return n
	}
	return len(l.entries)
}

// isFirst reports whether an argument is a list, or the address of its first element.
func isFirst(arg []ctype.Token, list string) bool {
	text := ctype.Text(arg)
	return len(arg) == 1 || text == "&"+list+"[0]" || text == "&"+list || text == "("+list+")"
}

// maxNames bounds how many names are followed from a count to its value: they may be set to each other.
const maxNames = 16

// worth works out a count: figures, ARRAY_SIZE and sizeof of the list, sums and differences with figures, and names of these.
func worth(u *ctype.Unit, l *list, count []ctype.Token) (n int, ok bool) {
	for range maxNames {
		value := assigned(u, count)
		if value == nil {
			break
		}
		count = value
	}
	for {
		inner, rest := ctype.Group(count)
		if inner == nil || len(rest) > 0 || !count[0].Is("(") {
			break
		}
		count = inner
	}
	text := strings.ReplaceAll(ctype.Text(count), " ", "")
	name := l.decl.Name
	whole := []string{
		"ARRAY_SIZE(" + name + ")",
		"sizeof(" + name + ")/sizeof(" + name + "[0])", "sizeof(" + name + ")/sizeof(*" + name + ")",
		"sizeof(" + name + ")/sizeof(structsecurity_hook_list)", "sizeof" + name + "/sizeof*" + name,
	}
	for _, w := range whole {
		rest, found := strings.CutPrefix(text, w)
		if !found {
			continue
		}
		if rest == "" {
			return l.size(), true
		}
		if by, err := strconv.Atoi(rest[1:]); err == nil && (rest[0] == '-' || rest[0] == '+') {
			if rest[0] == '-' {
				by = -by
			}
			return l.size() + by, true
		}
	}
	if strings.HasPrefix(text, "sizeof("+name+")") {
		return -1, true // bytes, or a part of them: no count of elements
	}
	number, err := strconv.ParseInt(strings.TrimRight(text, "uUlL"), 0, 32)
	return int(number), err == nil
}

// assigned returns what a variable, or a constant of an enumeration, is set to, where the unit sets it once;
// nil else.
func assigned(u *ctype.Unit, name []ctype.Token) []ctype.Token {
	if len(name) != 1 || name[0].Kind != ctype.Ident {
		return nil
	}
	var value []ctype.Token
	for i := 0; i+2 < len(u.Tokens); i++ {
		if u.Tokens[i].Text != name[0].Text || !u.Tokens[i+1].Is("=") {
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

// entries checks the elements of a list: each puts a function into a hook, and names the calls of that.
func (c *needs) entries(u *ctype.Unit, l *list) {
	needsCalls := c.structures()["security_hook_list"] != nil && c.structures()["security_hook_list"].has("scalls")
	at := map[ctype.Pos]bool{}
	for _, r := range c.Regs[u.Path] {
		at[r.Pos] = true
	}
	for _, entry := range l.entries {
		if len(ctype.Calls(entry, "LSM_HOOK_INIT")) > 0 {
			continue
		}
		isRegistration := slices.ContainsFunc(entry, func(t ctype.Token) bool { return at[t.Pos] })
		switch {
		case !isRegistration && !isEnd(entry):
			c.Add("hooks/unresolved", entry[0].Pos, fmt.Sprintf("what `%s` puts into %s is not followed", short(ctype.Text(entry)), l.decl.Name), "write LSM_HOOK_INIT(…)")
		case isRegistration && needsCalls && entry[0].Is("{") && entry[1].Is(".") && !mentions(entry, "scalls"):
			c.Add("hooks/missing-field", entry[0].Pos, fmt.Sprintf("an element of %s has no .scalls, where %s puts the function", l.decl.Name, addHooks), "write LSM_HOOK_INIT(…)")
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
