// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"io"
	"strings"
	"testing"
)

// TestAsksToPullOnStdin: a request to pull on standard input keeps the network too, and is read whole afterwards, however long it is.
func TestAsksToPullOnStdin(t *testing.T) {
	const request = "Subject: [GIT PULL] security\n\nThe following changes since commit 1\n\nare available in the Git repository at:\n"
	for input, want := range map[string]bool{request: true, request + strings.Repeat("x\n", pullHead): true, "Subject: [PATCH] a: b\n\nText.\n": false} {
		a := &app{stdin: strings.NewReader(input)}
		if got := a.asksToPull([]string{"-"}); got != want {
			t.Errorf("%.60q: %v", input, got)
		}
		if rest, err := io.ReadAll(a.stdin); string(rest) != input || err != nil {
			t.Errorf("%.60q: %d of %d bytes are left, %v", input, len(rest), len(input), err)
		}
	}
}
