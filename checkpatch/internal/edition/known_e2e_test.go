// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package edition

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

var update = flag.Bool("update", false, "write known.txt anew")

// TestE2EKnown: known.txt is what the scripts of four kernels make of it, and each of them has the features of its time.
func TestE2EKnown(t *testing.T) {
	scripts, helpers := map[string][]byte{}, map[string][][]byte{}
	for _, version := range []string{"6.1", "6.12", "7.2", "7.3"} {
		var tree string
		if version == "6.1" {
			tree = e2e.Part(t, version)
		} else {
			tree = e2e.Tree(t, version)
		}
		script, err := os.ReadFile(filepath.Join(tree, "scripts", "checkpatch.pl"))
		if err != nil {
			t.Fatal(err)
		}
		scripts[version] = script
		for _, h := range Helpers {
			text, err := os.ReadFile(filepath.Join(tree, h.Name))
			if err != nil {
				t.Fatal(err)
			}
			helpers[h.Name] = append(helpers[h.Name], text)
			if !*update && !h.Knows(text) {
				t.Errorf("%s: %s is not known", version, h.Name)
			}
		}
	}
	made := Table(scripts) + helperTable(helpers)
	if *update {
		if err := os.WriteFile("known.txt", []byte(made), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if made != knownText {
		t.Error("known.txt is not what the scripts make of it: run this test with -update")
	}
	for version, script := range scripts {
		e := Read(script)
		if e.Name != version || len(e.Unknown) > 0 {
			t.Errorf("%s: %+v", version, e)
		}
		for f := range features {
			// Of 6.1 everything is older, of 7.3 nothing; 7.2 lacks two.
			want := version == Newest || version == "7.2" && f != BusCompatibles && f != NokprobeSymbol
			if version != "6.12" && e.Has(f) != want {
				t.Errorf("%s: feature %d is %v", version, f, e.Has(f))
			}
		}
	}
}
