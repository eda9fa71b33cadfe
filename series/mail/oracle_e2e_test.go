// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package mail

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// splitFile returns the mails of a mailbox as the reader sees them.
func splitFile(tb testing.TB, path string, keepCR, mboxrd bool) [][]byte {
	tb.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return splitBytes(tb, raw, keepCR, mboxrd)
}

// TestE2EGitMails takes every mailbox of git's own tests apart, with every option.
func TestE2EGitMails(t *testing.T) {
	dir := filepath.Join(e2e.Source(t, "git"), "t", "t5100")
	for _, name := range []string{"sample.mbox", "rfc2047-samples.mbox", "nul-plain", "nul-b64.in", "info-from.in",
		"embed-from.in", "quoted-from.in", "sample.mboxrd", "quoted-string.in", "comment.in", "quoted-cr.mbox"} {
		path := filepath.Join(dir, name)
		for _, mboxrd := range []bool{false, true} {
			mails := splitFile(t, path, false, mboxrd)
			compareMailsplit(t, path, mails, false, mboxrd)
			for _, mail := range mails {
				for _, o := range optionVariants {
					compareMailinfo(t, name, mail, o.opts, o.args...)
				}
			}
		}
	}
}

// TestE2EDebianMails takes apart the patches of Debian's kernel package.
func TestE2EDebianMails(t *testing.T) {
	mails := 0
	err := filepath.WalkDir(e2e.Source(t, "linux-debian"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".patch") {
			return err
		}
		split := splitFile(t, path, false, false)
		compareMailsplit(t, path, split, false, false)
		for _, mail := range split {
			mails++
			compareMailinfo(t, path, mail, Options{})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if mails < 100 {
		t.Errorf("only %d mails", mails)
	}
	t.Logf("%d mails", mails)
}

// TestE2ERandomMails compares mails put together at random with git.
func TestE2ERandomMails(t *testing.T) { compareRandom(t, 2, 3000) }
