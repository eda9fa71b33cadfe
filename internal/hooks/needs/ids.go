// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

const uapiPath = "include/uapi/linux/lsm.h"

// An lsmID is one LSM_ID_ line of the uapi header.
type lsmID struct {
	name  string
	value uint64
	pos   ctype.Pos
}

// lsmIDs returns the IDs that a uapi header defines, in order.
func lsmIDs(data []byte) []lsmID {
	toks, _ := ctype.Lex(uapiPath, data)
	var ids []lsmID
	for _, t := range toks {
		word, rest := scan.CutWord(t.Text)
		name, value := scan.CutWord(rest)
		if t.Kind != ctype.Directive || word != "define" || !strings.HasPrefix(name, "LSM_ID_") {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimRight(strings.Trim(value, "()"), "uUlL"), 0, 64); err == nil {
			ids = append(ids, lsmID{name, n, t.Pos()})
		}
	}
	return ids
}

// ids checks the IDs that the series defines and uses.
func (c *needs) ids() {
	data := c.Src.Read(uapiPath)
	if data == nil {
		return
	}
	known := map[string]bool{}
	owner := map[uint64]lsmID{}
	_, touched := c.Src.PatchOf[uapiPath]
	for _, id := range lsmIDs(data) {
		known[id.name] = true
		if first, taken := owner[id.value]; taken && touched {
			c.Add("hooks/lsm-id-taken", id.pos,
				fmt.Sprintf("%s has the number %d, which %s has already (%s)", id.name, id.value, first.name, first.pos.String()),
				fmt.Sprintf("take the next free number, %d", nextID(data)))
		} else if !taken {
			owner[id.value] = id
		}
		if touched && id.value > 0 && id.value < firstID && !c.givenOut(id.name) {
			c.Add("hooks/lsm-id-taken", id.pos, fmt.Sprintf("%s has the number %d, but those below %d are kept", id.name, id.value, firstID),
				fmt.Sprintf("take the next free number, %d", nextID(data)))
		}
	}
	if touched {
		c.TooEarly(c.newIDs(known))
	}
	for _, i := range c.inits {
		if f := i.field("id"); f != nil && i.tag == "lsm_id" {
			c.literalID(f, owner)
			c.othersID(&i, f)
		}
	}
	for _, use := range c.idUses() {
		if !known[use.Text] {
			c.Add("hooks/lsm-id-unknown", use.Pos(), fmt.Sprintf("%s does not define %s", uapiPath, use.Text),
				fmt.Sprintf("add it there, with the next free number: #define %s\t%d", use.Text, nextID(data)))
		}
	}
}

// newIDs returns the IDs that the series brings.
func (c *needs) newIDs(known map[string]bool) map[string]*registered.Arrival {
	brought := map[string]*registered.Arrival{}
	for name := range known {
		brought[name] = &registered.Arrival{What: name, In: []string{uapiPath}, Bare: true}
	}
	for _, id := range lsmIDs(c.Src.ReadBefore(uapiPath)) {
		delete(brought, id.name)
	}
	return brought
}

// literalID checks an ID that is given as a number, or worked out of others.
func (c *needs) literalID(f *field, owner map[uint64]lsmID) {
	n, isNumber := c.idNumber(f, owner)
	if !isNumber {
		return
	}
	id, taken := owner[n]
	if !taken && n != 0 {
		c.Add("hooks/lsm-id-unknown", f.pos, fmt.Sprintf("%s gives the number %d to nobody", uapiPath, n),
			fmt.Sprintf("define an LSM_ID_ there, with the next free number, %d", nextID(c.Src.Read(uapiPath))))
	}
	if taken && n != 0 && (len(lsmIDs(c.Src.ReadBefore(uapiPath))) == 0 || c.givenOut(id.name)) {
		c.Add("hooks/lsm-id-taken", f.pos, fmt.Sprintf("the number %d is that of %s (%s)", n, id.name, id.pos.String()),
			"define an LSM_ID_ of its own in "+uapiPath)
	}
}

// idNumber works out an ID that is more than the name of one.
func (c *needs) idNumber(f *field, owner map[uint64]lsmID) (n uint64, ok bool) {
	if f.toks == nil { // of Rust
		n, err := strconv.ParseUint(strings.TrimRight(f.value, "uUlL"), 0, 64)
		return n, err == nil
	}
	if len(f.toks) == 1 && f.toks[0].Kind == ctype.Ident {
		return 0, false
	}
	w := worker{toks: f.toks, known: func(toks []ctype.Token) (quantity, int) {
		for value, id := range owner {
			if toks[0].Is(id.name) {
				return quantity{n: int(value)}, 1
			}
		}
		return quantity{}, 0
	}}
	q, ok := w.all()
	return uint64(q.n), ok && q.n >= 0
}

// givenOut reports whether the tree without the series has an ID.
func (c *needs) givenOut(name string) bool {
	return slices.ContainsFunc(lsmIDs(c.Src.ReadBefore(uapiPath)), func(id lsmID) bool { return id.name == name })
}

// othersID tells of an ID that the tree gave to another LSM, and of one that says nothing.
func (c *needs) othersID(i *initializer, f *field) {
	if !c.Src.IsNew(f.pos.File) {
		return
	}
	name := i.field("name")
	owner := strings.ToLower(strings.TrimPrefix(f.value, "LSM_ID_"))
	switch {
	case f.value == "LSM_ID_UNDEF" || f.value == "0":
		c.Add("hooks/lsm-id-unknown", f.pos, fmt.Sprintf("%s is the ID of no LSM, and user space sees it", f.value),
			fmt.Sprintf("define an LSM_ID_ in %s, with the next free number, %d", uapiPath, nextID(c.Src.Read(uapiPath))))
	case strings.HasPrefix(f.value, "LSM_ID_") && strings.ContainsAny(f.value, "|&^<>?"):
		c.Add("hooks/lsm-id-unknown", f.pos, fmt.Sprintf("%s is none of the IDs of %s", f.value, uapiPath),
			fmt.Sprintf("define an LSM_ID_ there, with the next free number, %d", nextID(c.Src.Read(uapiPath))))
	case name != nil && owner == c.nameIn(name):
	default:
		for _, id := range lsmIDs(c.Src.ReadBefore(uapiPath)) {
			if id.name == f.value {
				c.Add("hooks/lsm-id-taken", f.pos, fmt.Sprintf("%s is the ID of another LSM (%s)", f.value, id.pos),
					fmt.Sprintf("define an LSM_ID_ of its own in %s, with the next free number, %d", uapiPath, nextID(c.Src.Read(uapiPath))))
			}
		}
	}
}

// nameIn returns the name that a field has.
func (c *needs) nameIn(f *field) string {
	if text, is := c.text(f.toks); is {
		return text
	}
	return strings.Trim(f.value, `"`)
}

// firstID is the lowest number that the header gives out.
const firstID = 100

func nextID(data []byte) uint64 {
	next := uint64(firstID)
	for _, id := range lsmIDs(data) {
		next = max(next, id.value+1)
	}
	return next
}

// idUses returns the first place of each LSM_ID_ name in the C and Rust files of the series,
// except those that a file defines itself.
func (c *needs) idUses() []ctype.Token {
	seen := map[string]bool{}
	var uses []ctype.Token
	add := func(name string, pos ctype.Pos) {
		if strings.HasPrefix(name, "LSM_ID_") && !seen[name] {
			seen[name] = true
			uses = append(uses, ctype.NewToken(ctype.Ident, name, pos, ""))
		}
	}
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		for _, t := range u.Tokens {
			add(t.Text, t.Pos())
		}
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		toks := c.Src.Rust(name).Tokens
		for i, t := range toks {
			if i > 1 && toks[i-1].Is("::") && toks[i-2].Is("bindings") || i > 1 && toks[i-2].Is("uapi") {
				add(t.Text, t.Pos)
			}
		}
	}
	return uses
}
