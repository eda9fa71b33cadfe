// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Person is a name and an address, as trailers and headers write them.
type Person struct{ Name, Email string }

// rePerson takes "Name <address>", a bare address, and what may stand behind: "# v5.10+", "(DT)".
var rePerson = lazyregexp.New(`^\s*(?:"?([^"<>]*?)"?\s*<([^<>\s]+@[^<>\s]+)>|([^\s<>()",]+@[^\s<>()",]+))\s*(.*)$`)

// ParsePerson reads the value of a trailer. rest is what follows the address.
func ParsePerson(value string) (p Person, rest string, ok bool) {
	m := rePerson.FindStringSubmatch(value)
	if m == nil {
		return Person{}, "", false
	}
	return Person{strings.TrimSpace(m[1]), m[2] + m[3]}, m[4], true
}

// Is reports whether two identities are one, in name and address.
func (p Person) Is(other Person) bool {
	return strings.EqualFold(p.Email, other.Email) && SameName(p.Name, other.Name)
}

// Resembles reports whether one of name and address is the same.
func (p Person) Resembles(other Person) bool {
	return strings.EqualFold(p.Email, other.Email) || p.Name != "" && SameName(p.Name, other.Name)
}

// MayBe reports whether two identities may be one, however programs and lists between them write the name: "A Uthor via B4 Relay".
func (p Person) MayBe(other Person) bool { return p.Resembles(other) || sameWords(p.Name, other.Name) }

// nameQuotes takes out what people quote a nickname with.
var nameQuotes = strings.NewReplacer(`"`, "", "'", "", "\\", "")

var reNameNote = lazyregexp.New(`\([^()]*\)`)

// SameName compares names without notes like "(Intel)", quotes, initials of middle names, and case.
func SameName(a, b string) bool {
	plain := func(s string) string {
		words := strings.Fields(nameQuotes.Replace(reNameNote.ReplaceAllString(s, "")))
		words = slices.DeleteFunc(words, func(w string) bool { return len(strings.TrimSuffix(w, ".")) == 1 && len(words) > 2 })
		return strings.ToLower(strings.Join(words, " "))
	}
	return a == b || plain(a) == plain(b)
}

func (p Person) String() string {
	if p.Name == "" {
		return p.Email
	}
	return fmt.Sprintf("%s <%s>", p.Name, p.Email)
}

// AuthorOf returns who wrote the mail, by its From.
func AuthorOf(p *patchset.Patch) Person { return Person{p.Author.Name, p.Author.Email} }
