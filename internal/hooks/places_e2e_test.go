// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// TestE2EPlacesOfAllHooks changes the body of each wrapper in four trees, so that all places of each hook are held against each
// other: whatever is found is a false alarm. Those were kernel_cap_t, a struct without a tag, the exchange of security_inode_rename,
// CONFIG_SECURITY around a hook, and what differs in the tree itself.
func TestE2EPlacesOfAllHooks(t *testing.T) {
	for name, dir := range map[string]string{"7.3": e2e.Tree(t, "7.3"), "7.2": e2e.Tree(t, "7.2"), "6.12": e2e.Tree(t, "6.12"), "6.1": e2e.Part(t, "6.1")} {
		tree := os.DirFS(dir)
		before := fstest.MapFS{}
		for _, file := range []string{wrapperPath, headerOfLSMs} {
			text, err := fs.ReadFile(tree, file)
			if err != nil {
				t.Fatal(err)
			}
			before[file] = &fstest.MapFile{Data: text}
		}
		other := strings.ReplaceAll(string(before[wrapperPath].Data), "\n{\n", "\n{\n;")
		if n := strings.Count(other, "\n;"); n < 200 {
			t.Fatalf("%s: %d functions are changed", name, n)
		}
		before[wrapperPath].Data = []byte(other)
		findings, _, err := Check(&check.View{Set: hookstest.Touching(wrapperPath, headerOfLSMs, defsPath), Before: over{tree, before}, After: tree}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			t.Errorf("%s: %s: %s [%s]", name, f.Position(), f.Message, f.Check)
		}
	}
}

// retypedWrapper is the head of a wrapper or of its declaration.
var retypedWrapper = regexp.MustCompile(`\bsecurity_\w+\(`)

// TestE2ECallersOfAllHooks takes the tree before the series as one in which each wrapper had a parameter more, so that all callers
// of all wrappers are held against them: whatever is said of a call is a false alarm.
func TestE2ECallersOfAllHooks(t *testing.T) {
	for _, version := range []string{"7.3", "6.12"} {
		tree := os.DirFS(e2e.Tree(t, version))
		text, err := fs.ReadFile(tree, headerOfLSMs)
		if err != nil {
			t.Fatal(err)
		}
		before := fstest.MapFS{headerOfLSMs: {Data: retypedWrapper.ReplaceAll(text, []byte("${0}int added, "))}}
		findings, _, err := Check(&check.View{Set: hookstest.Touching(headerOfLSMs), Before: over{tree, before}, After: tree}, nil)
		if err != nil {
			t.Fatal(err)
		}
		notes := 0
		for _, f := range findings {
			switch f.Check {
			case "hooks/not-compared":
				notes++
			case "hooks/wrapper-call":
				t.Errorf("%s: %s: %s [%s]", version, f.Position(), f.Message, f.Check)
			}
		}
		if notes < 150 {
			t.Errorf("%s: %d wrappers were retyped", version, notes)
		}
	}
}
