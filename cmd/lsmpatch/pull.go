// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/pull"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// pull examines a request to pull into t, which the user called dir.
func (a *app) pull(ctx context.Context, t *tree.Tree, set *patchset.Set, s *source, opts *pull.Options, dir string) (*report.Report, error) {
	if set.Cover == nil {
		return nil, hint.Wrap(errors.New("the request to pull has no text"), "is the mail whole?")
	}
	for _, inbox := range s.inboxes {
		opts.Inboxes = append(opts.Inboxes, "inbox:"+inbox)
	}
	progress, done := a.progress()
	defer done()
	if progress != nil {
		io.WriteString(progress, "fetching what is to be pulled\n")
	}
	opts.Tool = "lsmpatch " + version()
	r, err := pull.Run(ctx, t, set, opts)
	if err == nil {
		r.Tree.Path = dir // as the user wrote it
	}
	return r, err
}

// asksToPull reports whether a file among names, or standard input, may hold a request to pull, for which the network stays: which
// rights a run keeps is decided before it reads a mail.
func (a *app) asksToPull(names []string) bool {
	for _, name := range names {
		if name == "-" && a.stdin != nil {
			head, err := io.ReadAll(io.LimitReader(a.stdin, pullHead))
			a.stdin = io.MultiReader(bytes.NewReader(head), a.stdin)
			if err == nil && requestsPull(head) {
				return true
			}
			continue
		}
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		head, err := io.ReadAll(io.LimitReader(f, pullHead))
		f.Close()
		if err == nil && requestsPull(head) {
			return true
		}
	}
	return false
}

// pullHead is how many bytes of a mailbox are looked at for a request to pull.
const pullHead = 1 << 20

func requestsPull(head []byte) bool {
	return bytes.Contains(head, []byte("vailable in the")) &&
		(bytes.Contains(head, []byte("following changes since commit")) || bytes.Contains(bytes.ToUpper(head), []byte("PULL")))
}
