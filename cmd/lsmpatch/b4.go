// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// formatB4 is the form of an answer to b4 review.
const formatB4 = "b4"

// trackingVar names the file in which b4 tells what it knows of the series.
const trackingVar = "B4_TRACKING_FILE"

// b4Mail is what b4 asks about: one mail, and the thread that it belongs to, where b4 has that.
type b4Mail struct {
	id           string
	mail, thread []byte
}

// readB4 reads the mail on standard input, and its thread from the repository, in which b4 keeps it.
func (a *app) readB4(t *tree.Tree) (*b4Mail, error) {
	text, err := io.ReadAll(io.LimitReader(a.stdin, limit.MailBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the mail: %w", err)
	case len(text) > limit.MailBytes:
		return nil, fmt.Errorf("the mail has more than %d bytes", limit.MailBytes)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("standard input is no mail: %w", err), "--format b4 is for b4 review, which gives it one mail")
	}
	m := &b4Mail{id: strings.Trim(strings.TrimSpace(msg.Header.Get("Message-Id")), "<>"), mail: text}
	if file := os.Getenv(trackingVar); file != "" && t.IsGit() {
		m.thread = b4Thread(t, file)
	}
	return m, nil
}

// b4Thread returns the thread that a tracking file names, or nil: the mail can then be judged alone.
func b4Thread(t *tree.Tree, file string) []byte {
	text, err := below.ReadNamed(file, below.MaxFile)
	if err != nil {
		return nil
	}
	var tracking struct {
		Series struct {
			Thread string `json:"thread-blob"`
		} `json:"series"`
	}
	if json.Unmarshal(text, &tracking) != nil || len(tracking.Series.Thread) < 40 || strings.Trim(tracking.Series.Thread, "0123456789abcdef") != "" {
		return nil
	}
	thread, err := t.Blob(tracking.Series.Thread)
	if err != nil {
		return nil
	}
	return thread
}

// loadAsked is loadVersions; of --format b4 it reads what b4 asks about, and says which mail that is.
func (a *app) loadAsked(ctx context.Context, s *source, args []string, t *tree.Tree) (set, previous *patchset.Set, name string, asked report.Context, err error) {
	if a.format != formatB4 {
		set, previous, name, err = a.loadVersions(ctx, s, args, t)
		return set, previous, name, asked, err
	}
	if len(args) > 0 {
		return nil, nil, "", asked, errArguments
	}
	m, err := a.readB4(t)
	if err != nil {
		return nil, nil, "", asked, err
	}
	asked.Judged = m.id
	set, asked.Alone, err = a.loadB4(m, func() (set *patchset.Set, err error) {
		set, previous, name, err = a.loadVersions(ctx, s, []string{"-"}, t)
		return set, err
	})
	return set, previous, name, asked, err
}

// loadB4 reads the series of the mail that b4 asks about, or the mail alone. Alone says that others of its series are missing.
func (a *app) loadB4(m *b4Mail, load func() (*patchset.Set, error)) (set *patchset.Set, alone bool, err error) {
	if m.thread != nil {
		a.stdin = bytes.NewReader(m.thread)
		if set, err = load(); err == nil && hasMail(set, m.id) {
			return set, false, nil
		}
	}
	a.stdin = bytes.NewReader(m.mail)
	if set, err = load(); err != nil {
		return nil, false, err
	}
	return set, set.Total > len(set.Patches), nil
}

func hasMail(set *patchset.Set, id string) bool {
	if set.Cover != nil && set.Cover.MessageID == id {
		return true
	}
	for _, p := range set.Patches {
		if p.MessageID == id {
			return true
		}
	}
	return false
}

// errArguments is why a verb that is given a mail refuses names.
var errArguments = errors.New("--format b4 takes the mail from standard input, and no names")
