// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A person is a name and an address, as trailers and headers write them.
type person struct{ name, email string }

// rePerson takes "Name <address>", a bare address, and what may stand behind: "# v5.10+", "(DT)".
var rePerson = lazyregexp.New(`^\s*(?:"?([^"<>]*?)"?\s*<([^<>\s]+@[^<>\s]+)>|([^\s<>()",]+@[^\s<>()",]+))\s*(.*)$`)

// parsePerson reads the value of a trailer. rest is what follows the address.
func parsePerson(value string) (p person, rest string, ok bool) {
	m := rePerson.FindStringSubmatch(value)
	if m == nil {
		return person{}, "", false
	}
	return person{strings.TrimSpace(m[1]), m[2] + m[3]}, m[4], true
}

// is reports whether two identities are one, in name and address.
func (p person) is(other person) bool {
	return strings.EqualFold(p.email, other.email) && sameName(p.name, other.name)
}

// resembles reports whether one of name and address is the same.
func (p person) resembles(other person) bool {
	return strings.EqualFold(p.email, other.email) || p.name != "" && sameName(p.name, other.name)
}

var reNameNote = lazyregexp.New(`\([^()]*\)`)

// sameName compares names without notes like "(Intel)".
func sameName(a, b string) bool {
	plain := func(s string) string {
		return strings.Join(strings.Fields(reNameNote.ReplaceAllString(s, "")), " ")
	}
	return a == b || plain(a) == plain(b)
}

func (p person) String() string {
	if p.name == "" {
		return p.email
	}
	return fmt.Sprintf("%s <%s>", p.name, p.email)
}

func authorOf(p *patchset.Patch) person { return person{p.Author.Name, p.Author.Email} }
