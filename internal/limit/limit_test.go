// SPDX-License-Identifier: GPL-2.0-only

package limit

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestDocs: docs/limits.md has each limit, with its value and where it is told, and none that is gone.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, l := range All() {
		want += fmt.Sprintf("| %s | %s | %s |\n", l.Name, l.Value, l.Told)
	}
	if _, table, _ := strings.Cut(string(text), "|---|---|---|\n"); !strings.HasPrefix(table, want) || strings.HasPrefix(table[len(want):], "|") {
		t.Errorf("docs/limits.md should have the table\n%s", want)
	}
}
