// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"encoding/xml"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestE2EScreenshot: the picture of the README shows what a run shows today, but for times.
func TestE2EScreenshot(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "lsmpatch")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	now, err := exec.CommandContext(t.Context(), "../../docs/screenshot", bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pictureText(t, string(mustRead(t, "../../docs/failing.svg"))), pictureText(t, string(now))); diff != "" {
		t.Errorf("make screenshot (-docs/failing.svg +now):\n%s", diff)
	}
}

// pictureText returns the text of a picture, a line for each piece, without times.
func pictureText(t *testing.T, svg string) string {
	t.Helper()
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			b.WriteString(strings.TrimSpace(strings.ReplaceAll(string(text), "\u00a0", " ")) + "\n")
		}
	}
	return regexp.MustCompile(`[0-9.]+ s\b`).ReplaceAllString(b.String(), "N s")
}
