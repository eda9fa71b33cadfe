// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// Is reports whether r is who: by the address, or by the name, since people have several addresses.
func (r Recipient) Is(who mail.Person) bool {
	return strings.EqualFold(r.Email, who.Email) || r.Name != "" && mail.SameName(r.Name, who.Name) ||
		slices.ContainsFunc(r.Also, func(email string) bool { return strings.EqualFold(email, who.Email) })
}

// Copied reports whether a mail goes to r, or comes from r.
func Copied(m *patchset.Mail, r Recipient) bool {
	if r.Is(mail.Person{Name: m.From.Name, Email: m.From.Email}) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(address string) bool {
		who, _, _ := mail.ParsePerson(address)
		return r.Is(who)
	})
}

func (r Recipient) String() string { return mail.Person{Name: r.Name, Email: r.Email}.String() }

// Served reports whether a mail goes to, or comes from, one of the people or lists of an entry.
func (s *Section) Served(m *patchset.Mail) bool {
	return slices.ContainsFunc(s.People, func(p Person) bool {
		return Copied(m, Recipient{Name: p.Name, Email: p.Email})
	}) || slices.ContainsFunc(s.Lists, func(l List) bool {
		return Copied(m, Recipient{Email: l.Address})
	})
}

// Unmaintained reports whether the status says that nobody looks after the entry.
func (s *Section) Unmaintained() bool {
	status := strings.ToLower(s.Status)
	return strings.HasPrefix(status, "orphan") || strings.HasPrefix(status, "obsolete")
}
