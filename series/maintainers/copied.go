// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// Is reports whether r is who: by the address, or by the name, since people have several addresses.
func (r Recipient) Is(who Person) bool {
	return strings.EqualFold(r.Email, who.Email) || r.Name != "" && SameName(r.Name, who.Name) ||
		slices.ContainsFunc(r.Also, func(email string) bool { return strings.EqualFold(email, who.Email) })
}

// Copied reports whether a mail goes to r, or comes from r.
func Copied(m *patchset.Mail, r Recipient) bool {
	if r.Is(Person{m.From.Name, m.From.Email}) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(address string) bool {
		who, _, _ := ParsePerson(address)
		return r.Is(who)
	})
}

func (r Recipient) String() string { return Person{r.Name, r.Email}.String() }

// Served reports whether a mail goes to, or comes from, one of the people or lists of an entry.
func (s *MaintainerSection) Served(m *patchset.Mail) bool {
	return slices.ContainsFunc(s.People, func(p MaintainerPerson) bool {
		return Copied(m, Recipient{Name: p.Name, Email: p.Email})
	}) || slices.ContainsFunc(s.Lists, func(l MaintainerList) bool {
		return Copied(m, Recipient{Email: l.Address})
	})
}

// Unmaintained reports whether the status says that nobody looks after the entry.
func (s *MaintainerSection) Unmaintained() bool {
	status := strings.ToLower(s.Status)
	return strings.HasPrefix(status, "orphan") || strings.HasPrefix(status, "obsolete")
}
