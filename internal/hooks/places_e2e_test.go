// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"io/fs"
	"os"
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
