// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// committer returns who commits: the one of the options, completed from git's configuration.
func committer(ctx context.Context, t *tree.Tree, opts *Options) (object.Signature, error) {
	who := opts.Committer
	if who.Name != "" && who.Email != "" && !who.When.IsZero() {
		return who, nil
	}
	def, err := t.Identity(ctx)
	if err != nil {
		return who, err
	}
	if who.Name == "" {
		who.Name = def.Name
	}
	if who.Email == "" {
		who.Email = def.Email
	}
	if who.When.IsZero() {
		who.When = def.When
	}
	return who, nil
}

// signatures returns author and committer of p's commit, with the times that the options ask for.
func (s *session) signatures(p *patchset.Patch) (author, committer object.Signature) {
	author, committer = p.Author, s.committer
	if s.opts.IgnoreDate || author.When.IsZero() { // a mail without a date is of now, to git am
		author.When = committer.When
		if _, set := os.LookupEnv("GIT_COMMITTER_DATE"); set && s.opts.Committer.When.IsZero() {
			author.When = time.Now().Truncate(time.Second) // that is the committer's alone
		}
	} else if s.opts.CommitterDateIsAuthorDate {
		committer.When = author.When
	}
	return author, committer
}

// message returns the commit message of p, with the lines that the options ask for. The trailers
// of the maintainer come after those of the author, the sign-off last.
func (s *session) message(p *patchset.Patch) string {
	msg := p.Message
	if s.opts.MessageID && p.MessageID != "" {
		msg = addMessageID(msg, p.MessageID, p.Gap)
	}
	if s.opts.Link && p.MessageID != "" && !linksTo(msg, p.MessageID) {
		msg = addTrailer(msg, "Link: https://lore.kernel.org/r/"+url.PathEscape(p.MessageID))
	}
	if s.opts.Signoff {
		msg = addTrailer(msg, fmt.Sprintf("Signed-off-by: %s <%s>", s.committer.Name, s.committer.Email))
	}
	return msg
}

// linksTo reports whether a line of msg is a link to the mail id in one of the archives that go by message IDs.
func linksTo(msg, id string) bool {
	for line := range strings.Lines(msg) {
		_, address, ok := strings.Cut(line, ":")
		address, _, _ = strings.Cut(strings.TrimSpace(address), " ")
		to, err := url.Parse(strings.Trim(address, "<>"))
		if !ok || err != nil || !slices.Contains(archives, to.Host) {
			continue
		}
		if strings.HasSuffix(strings.TrimSuffix(to.Path, "/"), "/"+id) {
			return true
		}
		for part := range strings.SplitSeq(to.EscapedPath(), "/") {
			if part, err := url.PathUnescape(part); err == nil && strings.Trim(part, "<>") == id {
				return true
			}
		}
	}
	return false
}

// archives are the hosts whose addresses have the message ID as a part of the path.
var archives = []string{"lore.kernel.org", "patch.msgid.link", "msgid.link", "lkml.kernel.org"}

// prepareCommits finds out what the repository asks of commits.
func (s *session) prepareCommits(ctx context.Context, t *tree.Tree) error {
	conf, err := t.AmConfig(ctx)
	if err != nil {
		return err
	}
	s.encoding = conf.Encoding
	if !s.opts.NoVerify {
		if s.hook, err = t.Hook(ctx, "applypatch-msg"); err != nil {
			return err
		}
	}
	if s.opts.Sign && !s.opts.Check {
		s.signer, err = t.Signer(ctx, s.opts.SigningKey, &s.committer)
	}
	return err
}

// hookedMessage returns the commit message of p as the hook applypatch-msg leaves it.
func (s *session) hookedMessage(ctx context.Context, p *patchset.Patch) (_ string, _ *Conflict, err error) {
	msg := s.message(p)
	if s.hook == "" {
		return msg, nil, nil
	}
	dir, err := os.MkdirTemp("", "lsmpatch-hook-")
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "final-commit")
	if err := os.WriteFile(file, []byte(msg), 0o666); err != nil {
		return "", nil, err
	}
	err = s.repo.RunHook(ctx, "applypatch-msg", s.opts.Progress, file)
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 {
		said, _, _ := strings.Cut(strings.TrimSpace(string(failed.Output)), "\n")
		return "", &Conflict{
			Kind: KindMessage, Message: strings.TrimSuffix(fmt.Sprintf("the hook %s refuses the commit message: %s", s.hook, said), ": "),
			Hint: "`--no-verify` does not ask it",
		}, nil
	}
	if err != nil {
		return "", nil, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("the hook %s leaves no commit message: %w", s.hook, err)
	}
	return string(data), nil, nil
}

// addMessageID adds the line that git am --message-id adds: below the last line of the body, whatever
// that is, or the empty line that followed it in the mail. Older versions of git spell it "Message-Id".
func addMessageID(msg, id string, gap bool) string {
	msg = completeLine(msg)
	if gap || !strings.Contains(msg, "\n\n") {
		msg += "\n"
	}
	return msg + "Message-ID: <" + id + ">\n"
}

// addTrailer adds a line to the trailers that end msg, or begins a paragraph of trailers. A line that
// is the last trailer already is not added again.
func addTrailer(msg, line string) string {
	msg = completeLine(msg)
	line += "\n"
	block := trailerBlock(msg)
	switch {
	case msg == line || block != "" && strings.HasSuffix(block, "\n"+line) || block == line:
		return msg
	case block == "" && !strings.HasSuffix(msg, "\n\n"):
		msg += "\n"
	}
	return msg + line
}

func completeLine(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}
