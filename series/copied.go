// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// is reports whether r is who: by the address, or by the name, since people have several addresses.
func (r Recipient) is(who person) bool {
	return strings.EqualFold(r.Email, who.email) || r.Name != "" && sameName(r.Name, who.name) ||
		slices.ContainsFunc(r.Also, func(email string) bool { return strings.EqualFold(email, who.email) })
}

// copied reports whether a mail goes to r, or comes from r.
func copied(m *patchset.Mail, r Recipient) bool {
	if r.is(person{m.From.Name, m.From.Email}) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(address string) bool {
		who, _, _ := parsePerson(address)
		return r.is(who)
	})
}

func (r Recipient) String() string { return person{r.Name, r.Email}.String() }

// served reports whether a mail goes to, or comes from, one of the people or lists of an entry.
func (s *MaintainerSection) served(m *patchset.Mail) bool {
	return slices.ContainsFunc(s.People, func(p MaintainerPerson) bool {
		return copied(m, Recipient{Name: p.Name, Email: p.Email})
	}) || slices.ContainsFunc(s.Lists, func(l MaintainerList) bool {
		return copied(m, Recipient{Email: l.Address})
	})
}

// unmaintained reports whether the status says that nobody looks after the entry.
func (s *MaintainerSection) unmaintained() bool {
	status := strings.ToLower(s.Status)
	return strings.HasPrefix(status, "orphan") || strings.HasPrefix(status, "obsolete")
}
