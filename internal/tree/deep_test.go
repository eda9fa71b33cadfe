// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestDeepPaths writes files in folders that are hundreds deep: the time was the square of the depth for each, half a
// minute for the 500 files of one mail.
func TestDeepPaths(t *testing.T) {
	t.Parallel()
	tr := openTree(t, gittest.BaseRepo(t))
	base, err := tr.Snapshot("base")
	gittest.Must(t, err)
	o := NewOverlay(NewOverlay(base))
	start := runtest.CPUTime()
	deep := strings.Repeat("d/", 400)
	for i := range 1000 {
		gittest.Must(t, o.Write(Change{Path: fmt.Sprintf("%sf%d", deep, i), Mode: filemode.Regular, Data: []byte("x")}))
	}
	if took := runtest.CPUTime() - start; took > 10*time.Second {
		t.Errorf("1000 files took %v", took)
	}
	if _, err := fs.Stat(o, deep+"f999"); err != nil {
		t.Error(err)
	}
	if _, err := fs.Stat(o, deep+"f1000"); err == nil {
		t.Error("a file that nobody wrote is there")
	}
}
