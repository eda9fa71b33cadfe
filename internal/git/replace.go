// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

const replaceRefs = "refs/replace/"

// replaced returns which objects git reads in place of others (git-replace(1)), by their raw names: nil in all but
// very few repositories.
func (r *Repo) replaced() map[string][]byte {
	core := r.Config.Section("core")
	if _, off := os.LookupEnv("GIT_NO_REPLACE_OBJECTS"); off || core.HasOption("useReplaceRefs") && !IsTrue(core.Option("useReplaceRefs")) {
		return nil
	}
	found := map[string][]byte{}
	add := func(name string) {
		from := odb.Hash(strings.TrimPrefix(name, replaceRefs)).Raw()
		if to, err := r.RefValue(name); err == nil && len(from) == r.Format.Size {
			found[string(from)] = to.Raw()
		}
	}
	loose, _ := os.ReadDir(filepath.Join(r.CommonDir, replaceRefs)) // most have none
	for _, e := range loose {
		if e.Type() == fs.FileMode(0) {
			add(replaceRefs + e.Name())
		}
	}
	if packed, err := os.ReadFile(filepath.Join(r.CommonDir, "packed-refs")); err == nil && bytes.Contains(packed, []byte(" "+replaceRefs)) {
		for line := range strings.Lines(string(packed)) {
			if _, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, replaceRefs) {
				add(name)
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}
