// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// TestLongGitAmSuite runs git's own tests of git am with a git in front of the real one that records each
// call, and replays the calls with the readers of mail and the engine: the verdict and the commits must
// be the same. Calls that continue others, or have options that we lack, are left out.
func TestLongGitAmSuite(t *testing.T) {
	var records []string
	for pattern, least := range map[string]int{"t415[0-2]-am*.sh": 3, "t425[^5]*.sh": 6, "t3901-*.sh": 1} {
		some, _ := recordSuite(t, "RECORD_AM", pattern, least)
		records = append(records, some...)
	}
	replayed, skipped := map[bool]int{}, map[string]int{}
	for _, dir := range records {
		c, why := readAmCall(t, dir)
		if why != "" {
			skipped[why]++
			continue
		}
		replayed[c.ok]++
		c.replay(t)
	}
	t.Logf("%d calls of git am that succeed and %d that fail replayed; left out: %v", replayed[true], replayed[false], skipped)
	if replayed[true] < 40 || replayed[false] < 20 {
		t.Errorf("too few of %d calls could be replayed", len(records))
	}
}

// mailHeader matches the first line of a mail.
var mailHeader = regexp.MustCompile(`^[A-Za-z-]+: `)

// An amCall is a recorded call of git am.
type amCall struct {
	dir, repo string
	ok        bool
	mail      series.Options
	opts      Options
	split     []string // options of git mailsplit
}

// readAmCall reads a record, or says why it cannot be replayed.
func readAmCall(tb testing.TB, dir string) (*amCall, string) {
	tb.Helper()
	c := &amCall{dir: dir, repo: filepath.Join(dir, "repo"), ok: strings.TrimSpace(get(tb, dir, "code")) == "0"}
	c.configure(tb)
	for arg := range strings.Lines(get(tb, dir, "args")) {
		if !c.option(strings.TrimSuffix(arg, "\n")) {
			name, _, _ := strings.Cut(strings.TrimSpace(arg), "=")
			return nil, name
		}
	}
	out := get(tb, dir, "out")
	for _, state := range []string{"Dirty index", "already exists in working directory", "does not match index", "would be overwritten", "Patch format detection failed", "Stray ", "Staged changes"} {
		if !c.ok && strings.Contains(out, state) {
			return nil, state
		}
	}
	hooks, _ := filepath.Glob(filepath.Join(c.repo, "hooks", "*"))
	if slices.ContainsFunc(hooks, func(name string) bool { return !strings.HasSuffix(name, ".sample") }) {
		return nil, "hooks"
	}
	if folders, _ := filepath.Glob(filepath.Join(dir, "mail.*", "*")); len(folders) > 0 {
		return nil, "maildir"
	}
	mail := get(tb, dir, "mail.1")
	switch first, _, _ := strings.Cut(mail, "\n"); {
	case strings.Contains(mail, "\nSubject: Re: "):
		return nil, "a reply" // which is no patch of a series to us
	case strings.TrimSpace(first) != "" && !strings.HasPrefix(first, "From ") && !mailHeader.MatchString(first):
		return nil, "patches of StGit and Mercurial"
	}
	c.opts.Committer = committerOf(tb, get(tb, dir, "who"))
	c.opts.Base, c.opts.Branch = strings.TrimSpace(get(tb, dir, "base")), "replayed"
	return c, ""
}

// configure takes over what the recorded repository's configuration says of git am and its mails.
func (c *amCall) configure(tb testing.TB) {
	for key, arg := range map[string]string{
		"am.keepcr": "--keep-cr", "am.threeway": "-3", "am.messageid": "-m", "mailinfo.scissors": "--scissors",
	} {
		if value, _ := tryGitIn(c.repo, "config", "--type=bool", key); strings.TrimSpace(value) == "true" {
			c.option(arg)
		}
	}
	if value, err := tryGitIn(c.repo, "config", "i18n.commitencoding"); err == nil && !strings.EqualFold(strings.TrimSpace(value), "UTF-8") {
		c.mail.Encoding = strings.TrimSpace(value)
	}
	c.mail.Mailinfo = func(mail []byte, encoding string, args []string) (info, message, patch []byte, err error) {
		return git.Mailinfo(context.Background(), mail, encoding, args)
	}
	if value, err := tryGitIn(c.repo, "config", "mailinfo.quotedcr"); err == nil {
		c.option("--quoted-cr=" + strings.TrimSpace(value))
	}
}

// option sets what an option of git am means. It reports false for those that we lack.
func (c *amCall) option(arg string) bool {
	name, value, _ := strings.Cut(arg, "=")
	switch {
	case slices.Contains([]string{"-q", "--quiet", "--no-gpg-sign", "--no-verify", "--patch-format=mbox"}, arg):
	case arg == "-u" || arg == "--utf8":
		c.mail.NoRecode = false
	case arg == "--no-utf8":
		c.mail.NoRecode = true
	case arg == "-3" || arg == "--3way":
		c.opts.ThreeWay = true
	case arg == "--no-3way":
		c.opts.ThreeWay = false
	case arg == "-s" || arg == "--signoff":
		c.opts.Signoff = true
	case arg == "-m" || arg == "--message-id":
		c.mail.MessageID = true
	case arg == "--no-message-id":
		c.mail.MessageID = false
	case arg == "-k" || arg == "--keep":
		c.mail.KeepSubject = true
	case arg == "-b" || arg == "--keep-non-patch":
		c.mail.KeepNonPatch = true
	case arg == "--keep-cr":
		c.mail.KeepCR, c.split = true, []string{"--keep-cr"}
	case arg == "--no-keep-cr":
		c.mail.KeepCR, c.split = false, nil
	case arg == "-c" || arg == "--scissors":
		c.mail.Scissors = true
	case arg == "--no-scissors":
		c.mail.Scissors = false
	case name == "--quoted-cr":
		c.mail.StripQuotedCR = value == "strip"
	case name == "--empty":
		c.opts.Empty = value
	case name == "--whitespace":
		c.opts.Whitespace = value
	case arg == "--ignore-whitespace" || arg == "--ignore-space-change":
		c.opts.IgnoreWhitespace = true
	case name == "--directory":
		c.opts.Directory = value
	case name == "--include" || name == "--exclude":
		c.opts.Filters = append(c.opts.Filters, Filter{Pattern: value, Exclude: name == "--exclude"})
	case arg == "--committer-date-is-author-date":
		c.opts.CommitterDateIsAuthorDate = true
	case strings.HasPrefix(arg, "-C") || strings.HasPrefix(arg, "-p"):
		return c.number(arg)
	default:
		return false
	}
	return true
}

// number sets -C or -p.
func (c *amCall) number(arg string) bool {
	n, err := strconv.Atoi(arg[2:])
	if n == 0 {
		n = -1
	}
	if arg[1] == 'C' {
		c.opts.Context = n
	} else {
		c.opts.Strip = n
	}
	return err == nil
}

// committerOf reads the environment of a call.
func committerOf(tb testing.TB, who string) object.Signature {
	tb.Helper()
	var sig object.Signature
	for line := range strings.Lines(who) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		switch key {
		case "GIT_COMMITTER_NAME":
			sig.Name = value
		case "GIT_COMMITTER_EMAIL":
			sig.Email = value
		case "GIT_COMMITTER_DATE":
			var seconds int64
			var zone string
			fmt.Sscanf(strings.TrimPrefix(value, "@"), "%d %s", &seconds, &zone)
			offset, _ := time.Parse("-0700", zone)
			sig.When = time.Unix(seconds, 0).In(offset.Location())
		}
	}
	return sig
}

// replay reads the mails one by one, as git am does, and applies them.
func (c *amCall) replay(tb testing.TB) {
	tb.Helper()
	describe := func() string {
		return fmt.Sprintf("%s %v\ngit am: %s\n%.1000q", filepath.Base(c.dir), strings.Fields(get(tb, c.dir, "args")), get(tb, c.dir, "out"), get(tb, c.dir, "mail.1"))
	}
	set, err := c.read(tb)
	var res *Result
	if err == nil {
		gitIn(tb, c.repo, "config", "core.bare", "true")
		res, err = Series(context.Background(), c.repo, set, &c.opts)
	}
	ok := err == nil && len(res.Conflicts) == 0
	switch {
	case ok != c.ok:
		tb.Errorf("git says %v, we %v %.1500s\n%s", c.ok, err, fmt.Sprintf("%+v", res), describe())
	case ok && !c.made(tb, res.Head):
		tb.Errorf("head %s, git makes %sours %s\n%s", res.Head, get(tb, c.dir, "head"), gitIn(tb, c.repo, "cat-file", "commit", res.Head), describe())
	}
}

// made reports whether git am made the commit head, or one that differs in how old versions of git spell
// Message-ID.
func (c *amCall) made(tb testing.TB, head string) bool {
	if want := strings.TrimSpace(get(tb, c.dir, "head")); head == want || !c.mail.MessageID {
		return head == want
	}
	return strings.ReplaceAll(get(tb, c.dir, "commit"), "\nMessage-Id: ", "\nMessage-ID: ") == gitIn(tb, c.repo, "cat-file", "commit", head)+"\n"
}

// read returns the patches of all mails, in order.
func (c *amCall) read(tb testing.TB) (*patchset.Set, error) {
	set := &patchset.Set{Version: 1}
	mails, _ := filepath.Glob(filepath.Join(c.dir, "mail.*"))
	for _, mail := range mails {
		split := tb.TempDir()
		if out, err := tryGitIn(c.dir, slices.Concat([]string{"mailsplit", "-b", "-o" + split}, c.split, []string{mail})...); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		parts, err := os.ReadDir(split)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if strings.Contains(get(tb, split, part.Name()), "\nFrom: Mail System Internal Data ") {
				continue // no mail; git am passes over it, too
			}
			sets, err := series.Open(context.Background(), []string{filepath.Join(split, part.Name())}, &c.mail)
			if err != nil {
				return nil, err
			}
			for _, p := range sets[0].Patches {
				p.Index = len(set.Patches) + 1
				set.Patches = append(set.Patches, p)
			}
		}
	}
	set.Total = len(set.Patches)
	return set, nil
}
