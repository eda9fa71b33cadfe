// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// firing returns the IDs of the findings of rules about a set, without "series/", each once.
func firing(set *patchset.Set, rules []*check.Check) string {
	var ids []string
	v := &check.View{Set: set}
	for _, rule := range rules {
		rule.Run(v, func(report.Finding) {
			if id := strings.TrimPrefix(rule.ID, "series/"); !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		})
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// TestSignoffChains: who may stand where. The author is A, the sender too where none is given.
func TestSignoffChains(t *testing.T) {
	const (
		a     = "Signed-off-by: A Uthor <a@example.org>\n"
		b     = "Signed-off-by: B Other <b@example.org>\n"
		codev = "Co-developed-by: B Other <b@example.org>\n"
	)
	for _, tt := range []struct{ name, trailers, sender, want string }{
		{"alone", a, "", ""},
		{"none", "Acked-by: B Other <b@example.org>\n", "", "missing-signoff"},
		{"a maintainer passes it on", a + b, "B Other <b@example.org>", ""},
		{"a maintainer passes it on without signing", a, "B Other <b@example.org>", ""},
		{"an exported commit", a + b, "", ""},
		{"sender in the middle", a + b + "Signed-off-by: C Third <c@example.org>\n", "B Other <b@example.org>", "signoff-order"},
		{"others first", b + a, "", "signoff-order"},
		{"only others", b, "", "author-signoff"},
		{"co-developer first", codev + b + a, "", ""},
		{"co-developer last", a + codev + b, "", ""},
		{"co-developer between the authors", a + codev + b + a, "", ""},
		{"co-developer did not sign", codev + a, "", "codeveloper-signoff"},
		{"co-developer signs later", codev + a + b, "", "codeveloper-order"},
		{"author as co-developer", "Co-developed-by: A Uthor <a@example.org>\n" + a, "", "codeveloper-order"},
		{"other address", "Signed-off-by: A Uthor <a@example.com>\n", "", "author-mismatch"},
		{"other name", "Signed-off-by: Ann Uthor <a@example.org>\n", "", "author-mismatch"},
		{"a note behind the name", "Signed-off-by: A Uthor (Company) <a@example.org>\n", "", ""},
		{"capitals in the address", "Signed-off-by: A Uthor <A@Example.org>\n", "", ""},
		{"lower-case key", "signed-off-by: A Uthor <a@example.org>\n", "", ""},
		{"both addresses", "Signed-off-by: A Uthor <a@example.com>\n" + a, "", ""},
		{"notes between", a + "[b: adjusted the context,\n and more]\n" + b, "", ""},
		{"own review", "Reviewed-by: A Uthor <a@example.org>\n" + a, "", "self-review"},
	} {
		set := setOf("x: y\n\nText.\n\n" + tt.trailers)
		p := set.Patches[0]
		p.Author = object.Signature{Name: "A Uthor", Email: "a@example.org"}
		p.From = p.Author
		if who, _, ok := mail.ParsePerson(tt.sender); ok {
			p.From = object.Signature{Name: who.Name, Email: who.Email}
		}
		if got := firing(set, signoffRules); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTrailerForms(t *testing.T) {
	for line, want := range map[string]string{
		"Reviewed-by: A B <a@example.org>":                      "",
		"Reviewed-by: \"A. B\" <a@example.org>":                 "",
		"Reviewed-by: A B <a@example.org> # on arm64":           "",
		"Reviewed-by: A B <a@example.org> (for the docs)":       "",
		"Cc: <a@example.org>":                                   "",
		"CC: a@example.org":                                     "",
		"Reported-by: a@example.org":                            "",
		"Reported-by: syzbot+0123abcd@syzkaller.example.org":    "",
		"Reviewed-by: a@example.org":                            "malformed-trailer",
		"Reviewed-by: A B":                                      "malformed-trailer",
		"Acked-by:":                                             "malformed-trailer",
		"Reviewed-by: A B <a at example.org>":                   "malformed-trailer",
		"Reviewed-By: A B <a@example.org>":                      "misspelt-trailer",
		"Signed-of-by: A B <a@example.org>":                     "misspelt-trailer",
		"Reviwed-by: A B <a@example.org>":                       "misspelt-trailer",
		"Enjoyed-by: A B <a@example.org>":                       "unknown-trailer",
		"Assisted-by: Tool:version":                             "",
		"Bug-Debian: https://bugs.debian.org/1":                 "",
		"Reported-and-tested-by: A B <a@example.org>":           "",
		"Reviewed-by: Ø Ångström <o@example.org>":               "",
		"Reviewed-by: A B <a@example.org>, C D <c@example.org>": "",
	} {
		set := setOf("x: y\n\nText.\n\n" + line + "\nSigned-off-by: X Y <x@example.org>\n")
		if got := firing(set, trailerRules); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// TestNamelessSender: who sends by an address without a name is the one whose address it almost is.
func TestNamelessSender(t *testing.T) {
	other := mail.Person{Name: "A Uthor", Email: "auth1@example.com"}
	for sender, want := range map[mail.Person]bool{
		{Name: "auth@example.org", Email: "auth@example.org"}: true, {Email: "auth2@example.org"}: true, {Email: "au.th@example.org"}: true,
		{Name: "Another", Email: "auth@example.org"}: false, {Email: "other@example.org"}: false,
	} {
		if got := nameless(sender, other); got != want {
			t.Errorf("%v: %v", sender, got)
		}
	}
}
