// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// unnamedMails returns the files of a folder that are mails or patches, though no ending of theirs says so: what
// mail programs save, and git mailsplit. Where a file's name says what patches it has, only those count.
func unnamedMails(dir string, entries []fs.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && isMail(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names
}

// isMail reports whether a file begins as a mail does, with a From and a Subject, or as a patch of StGit or
// Mercurial.
func isMail(path string) bool {
	f, err := below.OpenFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	unpacked, err := unpack(f)
	if err != nil {
		return false
	}
	head, _ := io.ReadAll(io.LimitReader(unpacked, 64<<10)) // the start tells, also of what is cut
	if format := detectFormat(bytes.NewReader(head)); format == FormatHg || format == FormatStGit && mail.HasDiff(head) {
		return true
	}
	h := mail.ParseHeaders(mail.Unmail(head, false, false))
	return h.Get("From") != "" && h.Get("Subject") != ""
}
