// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// TestMatrixMistakes: each is told when the file is read, in words about the file. Some were taken, and each job broke later, or what was asked for was
// not done without a word.
func TestMatrixMistakes(t *testing.T) {
	t.Parallel()
	const tree = "[[tree]]\nname = \"m\"\ndir = \"linux\"\n"
	for text, wrong := range map[string][2]string{
		tree: {"", ""},
		tree + "[[suite]]\nname = \"b\"\nboot = true\nkvm = true\ntests = [\"lsm\"]\nmemory = 512\n": {"", ""},
		tree + "[[list]]\nname = \"l\"\nfrom = \"builtin:rust-lsm\"\n":                               {"", ""},

		"":                                                                  {"names no tree", "[[tree]]"},
		"[[tree]]\nname = \"m\"\n":                                          {"tree m: it does not say where it is", "dir ="},
		"[tree]\nname = \"m\"\n":                                            {`"tree": it is one of a list, which is written [[tree]]`, "docs"},
		tree + "branches = \"HEAD\"\n":                                      {`line 4: "tree.branches": it is text, and takes a list`, "docs"},
		tree + "arches = [\"arm64\"]\n":                                     {`unknown key "tree.arches"`, "above the first line in brackets"},
		tree + "[[list]]\nname = \"l\"\n":                                   {"list l: it does not say where", "from ="},
		"arches = [\"x86-64\"]\n" + tree:                                    {`nothing is built for "x86-64"`, "x86_64"},
		"arches = [1]\n" + tree:                                             {`line 1: "arches": it is a number, and takes text`, "docs"},
		tree + "[integration]\nbranch = \"HEAD\"\n":                         {`"HEAD" is no branch`, "branch ="},
		tree + "[integration]\nbranch = \"refs/heads/x\"":                   {`"refs/heads/x" is no branch`, "branch ="},
		tree + "[integration]\nbranch = \"x\"\nlists = [\"l\"]\n":           {`there is no list "l"`, "there is none"},
		tree + "[[suite]]\nname = \"b\"\nboot = true\nmemory = -1\n":        {"memory = -1", ""},
		tree + "[[suite]]\nname = \"b\"\nbuild = true\ntests = [\"lsm\"]\n": {"suite b: kvm and tests are for a boot", "boot = true"},
		tree + "[[suite]]\nname = \"b\"\nkvm = true\n":                      {"kvm and tests are for a boot", "boot = true"},
		tree + "[[suite]]\nname = \"b\"\narches = [\"x86_64\"]\n":           {"arches and configs are for a build", "build = true"},
	} {
		file := filepath.Join(t.TempDir(), "site.toml")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := LoadMatrix(file)
		if (err == nil) != (wrong[0] == "") || err != nil && (!strings.Contains(err.Error(), wrong[0]) || !strings.Contains(hint.Of(err), wrong[1])) {
			t.Errorf("%s\n%v; %s", text, err, hint.Of(err))
		}
	}
}
