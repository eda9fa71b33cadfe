// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFlock: one that another holds is taken, and one that nobody can lock is an error. That was once taken, too, and waited for.
func TestFlock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	first, second := open(), open()
	if mine, err := Flock(first); err != nil || !mine {
		t.Errorf("%v, %v", mine, err)
	}
	if mine, err := Flock(second); err != nil || mine {
		t.Errorf("%v, %v", mine, err)
	}
	second.Close()
	if mine, err := Flock(second); err == nil {
		t.Errorf("%v of what is no file", mine)
	}
}
