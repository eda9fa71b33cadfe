// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestSignBetweenStreams: a program may write the signature while it is in the midst of a line about it. The two streams were read as one,
// and a good signature of gpgsm was once none.
func TestSignBetweenStreams(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "gpgsm")
	for script, want := range map[string]bool{
		"printf '[GNUPG:] ' >&2; sleep 0.1; echo signature; sleep 0.1; echo 'SIG_CREATED D 1' >&2": true,
		"echo '[GNUPG:] SIG_CREATED '": false,
	} {
		runtest.Write(t, program, []byte("#!/bin/sh\ncat >/dev/null\n"+script+"\n"))
		s := &Signer{format: "x509", program: program, key: "k", dir: t.TempDir()}
		if sig, err := s.Sign(t.Context(), []byte("tree 0\n\nx\n")); (err == nil) != want || want && string(sig) != "signature\n" {
			t.Errorf("%s: %q, %v", script, sig, err)
		}
	}
}
