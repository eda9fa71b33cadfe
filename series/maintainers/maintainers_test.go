// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
)

const patternMaintainers = `Header
	M: *Mail* patches to

DIRECTORY
M:	Dora Dir <dora@example.org>
F:	drivers/net
X:	drivers/net/wireless/

DEEP
M:	"Dee P. Er" <dee@example.org>
L:	deep@lists.example.org
S:	Supported
F:	drivers/net/ethernet/deep/

STAR
R:	Stella Star <stella@example.org> (stars only)
L:	star@lists.example.org (moderated for non-subscribers)
F:	drivers/net/*

ANYWHERE
M:	Any Where <any@example.org>
L:	closed@lists.example.org (subscribers-only)
F:	fs/**/*acl*.c

PREFIX
M:	Pre Fix <pre@example.org>, Post Fix <post@example.org>
F:	include/linux/lsm

NAMES
M:	Nam Es <nam@example.org>
N:	[^a-z]tegra
K:	\b(?i:tegra)_ init

CLASS
M:	Dora Dir <dora2@example.org>
F:	drivers/edac/altera_edac.[ch]

BROKEN
M:	nobody
M:	Bro Ken <bro@example.org>
N:	(unclosed
F:	lib/(unclosed

THE REST
M:	The Chief <chief@example.org>
L:	all@lists.example.org
S:	Buried alive in reporters
Q:	http://patchwork.example.org
F:	*
F:	*/
`

func patternTree() fstest.MapFS {
	return fstest.MapFS{
		"MAINTAINERS":              {Data: []byte(patternMaintainers)},
		".mailmap":                 {Data: []byte("# people\nAnyone Where <new@example.org> <any@example.org>\n")},
		"drivers/net/ethernet/x.c": {},
		"drivers/netfilter.c":      {},
		"Documentation/devicetree/bindings/a.yaml": {Data: []byte(
			"maintainers:\n  - Ann O. Tator <ann@example.org>\n  - binding@lists.example.org\n  - Dora Dir <dora@example.org>\n")},
	}
}

func TestMatch(t *testing.T) {
	m, err := Read(patternTree())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, want string }{
		{"drivers/net/loopback.c", "STAR, DIRECTORY, THE REST"},
		{"drivers/net/ethernet/x.c", "DIRECTORY, THE REST"},
		{"drivers/net/ethernet/deep/main.c", "DEEP, DIRECTORY, THE REST"},
		{"drivers/net/wireless/main.c", "THE REST"},
		{"drivers/netfilter.c", "THE REST"}, // drivers/net is a directory
		{"fs/ext4/acl.c", "ANYWHERE, THE REST"},
		{"fs/acl.c", "THE REST"}, // ** stands between two slashes
		{"fs/nfs/a/b/posix_acl_x.c", "ANYWHERE, THE REST"},
		{"include/linux/lsm_hooks.h", "PREFIX, THE REST"},
		{"include/linux/lsm/a.h", "THE REST"}, // another depth
		{"arch/arm/mach-tegra/a.c", "NAMES, THE REST"},
		{"arch/arm/integrator.c", "THE REST"},
		{"drivers/edac/altera_edac.h", "CLASS, THE REST"},
		{"drivers/edac/altera_edac.S", "THE REST"},
		{"Kbuild", "THE REST"},
	} {
		var names []string
		for _, s := range m.Match(tt.file) {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, ", "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.file, got, tt.want)
		}
	}
}

func TestRecipients(t *testing.T) {
	m, err := Read(patternTree())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		files []string
		patch string
		want  []string
	}{
		{"most precise first, the chief left out", []string{"drivers/net/ethernet/deep/a.c"}, "", []string{
			"Dee P. Er <dee@example.org> maintainer", "Dora Dir <dora@example.org> maintainer",
			"deep@lists.example.org open list", "all@lists.example.org open list"}},
		{"reviewer, moderated list", []string{"drivers/net/a.c"}, "", []string{
			"Stella Star <stella@example.org> reviewer", "Dora Dir <dora@example.org> maintainer",
			"star@lists.example.org moderated list", "all@lists.example.org open list"}},
		{"mailmap, closed list", []string{"fs/ext4/acl.c"}, "", []string{
			"Anyone Where <new@example.org> maintainer", "all@lists.example.org open list"}},
		{"two on a line", []string{"include/linux/lsm.h"}, "", []string{
			"Pre Fix <pre@example.org> maintainer", "Post Fix <post@example.org> maintainer", "all@lists.example.org open list"}},
		{"one name, two addresses", []string{"drivers/edac/altera_edac.c", "drivers/net/ethernet/x.c"}, "", []string{
			"Dora Dir <dora2@example.org> maintainer", "all@lists.example.org open list"}},
		{"keyword in the diff", []string{"Kbuild"}, "Subject: x\n---\n--- a/Kbuild\n+++ b/Kbuild\n@@ -1 +1 @@\n+Tegra_init();\n", []string{
			"Nam Es <nam@example.org> maintainer", "all@lists.example.org open list"}},
		{"keyword in a context line", []string{"Kbuild"}, "Subject: x\n---\n--- a/Kbuild\n+++ b/Kbuild\n@@ -1 +1 @@\n Tegra_init();\n", []string{
			"all@lists.example.org open list"}},
		{"binding", []string{"Documentation/devicetree/bindings/a.yaml"}, "", []string{
			"Ann O. Tator <ann@example.org> in file", "binding@lists.example.org in file", "Dora Dir <dora@example.org> in file",
			"all@lists.example.org open list"}},
		{"broken entry", []string{"lib/a.c"}, "", []string{"all@lists.example.org open list"}},
	} {
		recipients, err := m.Recipients(tt.files, tt.patch)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range recipients {
			got = append(got, r.String()+" "+r.Roles[0].Kind)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
}

func TestMailmap(t *testing.T) {
	mm := parseMailmap(`
# comment
Proper Name <proper@example.org>
<new@example.org> <old@example.org>
Both Names <both@example.org> <two@example.org> # why
Right One <right@example.org> Wrong One <shared@example.org>
nonsense
`)
	for _, tt := range [][4]string{
		{"x", "proper@example.org", "Proper Name", "proper@example.org"},
		{"x", "old@example.org", "x", "new@example.org"},
		{"x", "two@example.org", "Both Names", "both@example.org"},
		{"Wrong One", "shared@example.org", "Right One", "right@example.org"},
		{"Other One", "shared@example.org", "Other One", "shared@example.org"},
	} {
		if name, address := mm.apply(tt[0], tt[1]); name != tt[2] || address != tt[3] {
			t.Errorf("%s <%s>: got %s <%s>", tt[0], tt[1], name, address)
		}
	}
}

// FuzzMaintainers checks that any text can be read and asked, that the answer is sorted, and that an
// entry that excludes a path does not come back for it.
func FuzzMaintainers(f *testing.F) {
	f.Add(patternMaintainers, "drivers/net/ethernet/deep/a.c")
	f.Add(mailtest.Maintainers, "security/sample/a.c")
	f.Add("A\nF:\t*[\nN:\t\\\nK:\t#(\nX:\t\nF:\n", "a/b")
	f.Add("A\nF:\ta/{b\nF:\ta+/b?*\\Q\n", "aa/bb")
	f.Fuzz(func(t *testing.T, text, file string) {
		m := Parse(text)
		matches := m.Match(file)
		if !slices.IsSortedFunc(matches, func(a, b SectionMatch) int { return b.Depth - a.Depth }) {
			t.Errorf("not sorted: %+v", matches)
		}
		slashes := strings.Count(file, "/")
		for _, s := range matches {
			for _, x := range s.excluded {
				if x.match(file, slashes, nil) {
					t.Errorf("%q is excluded by %q", file, x.source)
				}
			}
		}
		if _, err := m.Recipients([]string{file}, text); err != nil {
			t.Error(err)
		}
	})
}
