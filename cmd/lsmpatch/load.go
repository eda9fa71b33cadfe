// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/land"

	"github.com/lsmpatch/lsmpatch/internal/git"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks"
	"github.com/lsmpatch/lsmpatch/internal/pull"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// builtinPrefix begins the name of a series that the binary carries.
const builtinPrefix = "builtin:"

// defaultSeries is the series that is meant where none is named.
const defaultSeries = builtinPrefix + "rust-lsm"

// source is what the flags of reading say: which series, of which version, from where.
type source struct {
	archive  string
	version  int
	scissors bool
	keepCR   bool
	// stack puts what has to be applied first below the series; newer looks for later versions. Both look in
	// inboxes, and where the series came from. base is the revision of the tree that it is for.
	stack, newer bool
	inboxes      []string
	base         string
	// patches names those of the patches that are wanted, all where it is "".
	patches string
	// threads looks for several versions in a plain mailbox as well.
	threads bool
	format  string
	// keepSubject, keepNonPatch and quotedCR are asked for by apply alone.
	keepSubject, keepNonPatch bool
	quotedCR                  string
	// encoding is what commits are to be in, "" for UTF-8. With noRecode the bytes of mails stay as they are.
	encoding string
	noRecode bool
}

// addSource gives cmd the flags of source.
func addSource(cmd *cobra.Command) *source {
	var s source
	flags := cmd.Flags()
	flags.StringVar(&s.archive, "archive-url", "", "public-inbox server `URL` for Message-IDs (default lore.kernel.org/all)")
	flags.IntVar(&s.version, "use-version", 0, "take version `N` of the series (default the newest)")
	flags.StringVarP(&s.patches, "patches", "P", "", "take only the patches `LIST`: 1-3,5, or a pattern that fits their titles")
	flags.BoolVar(&s.stack, "with-prerequisites", false, "put below it what its mails say has to be applied first (prerequisite-…, Based-on, Depends-on), from --inbox, or from where the series is")
	flags.StringArrayVar(&s.inboxes, "inbox", nil, "look for prerequisites and newer versions in the local archive `DIR`, a public-inbox or maildir; may be repeated")
	directories(cmd, "inbox")
	flags.BoolVarP(&s.scissors, "scissors", "c", false, "cut off all above a scissors line, as git am --scissors does")
	flags.BoolVar(&s.keepCR, "keep-cr", false, "keep carriage returns at line ends, as git am --keep-cr does")
	flags.StringVar(&s.format, "patch-format", "", "`FORMAT` of files, as git am --patch-format: mbox, mboxrd, stgit, stgit-series or hg (default what the first file looks like)")
	fixed(cmd, "patch-format", series.PatchFormats()...)
	return &s
}

// load reads the series that the arguments name, and returns it with a name for people. t serves
// a range A..B; where it is nil, the repository of the current folder does.
func (a *app) load(ctx context.Context, s *source, args []string, t *tree.Tree) (*patchset.Set, string, error) {
	set, _, name, err := a.loadVersions(ctx, s, args, t)
	return set, name, err
}

// loadVersions is load, and returns the version before as well, or nil where there is none.
func (a *app) loadVersions(ctx context.Context, s *source, args []string, t *tree.Tree) (set, previous *patchset.Set, name string, err error) {
	if len(args) == 0 {
		args = []string{defaultSeries}
	}
	name = strings.Join(args[:min(len(args), 2)], " ")
	if len(args) > 2 {
		name += " …"
	}
	sets, err := a.loadAll(ctx, s, args, t)
	switch {
	case errors.Is(err, series.ErrNoPatches):
		return nil, nil, "", fmt.Errorf("%s: %w", name, err)
	case err != nil:
		return nil, nil, "", err
	}
	set, err = s.choose(sets)
	if err != nil {
		return nil, nil, "", err
	}
	if len(set.LeftOut) > 0 {
		a.warnln("%s holds %d series; taking the first (series info --all shows them, series check --all checks each); left out: %s",
			name, set.Others+1, report.Printable(strings.Join(set.LeftOut, "; ")))
	}
	for _, t := range set.Twins {
		a.warnln("two mails have the Message-ID <%s>, and differ; the first is taken for it: %s and %s", report.Printable(t.Taken.MessageID), t.Taken.Source, t.Other.Source)
	}
	if len(sets) > 1 && s.version == 0 {
		a.noteln("%s holds %d versions; taking v%d (--use-version N for another)", name, len(sets), set.Version)
	}
	if i := slices.Index(sets, set) + 1; i < len(sets) {
		previous = sets[i]
	}
	if s.patches != "" {
		if set, err = series.Pick(set, s.patches); err != nil {
			return nil, nil, "", err
		}
	}
	if set, err = a.lookElsewhere(ctx, s, args, set, t); err != nil {
		return nil, nil, "", err
	}
	return set, previous, name, nil
}

// loadPatches is load for verbs that have nothing to do without a patch.
func (a *app) loadPatches(ctx context.Context, s *source, args []string, t *tree.Tree) (*patchset.Set, string, error) {
	set, name, err := a.load(ctx, s, args, t)
	switch {
	case err != nil:
	case len(set.Patches) > 0:
		if why := series.NotSubmission(&check.View{Set: set}); why != "" {
			a.noteln("%s: %s; it is no submission", name, why)
		}
		return set, name, nil
	case set.Pull:
		err = hint.Wrap(fmt.Errorf("%s: %w: it asks to pull a branch", name, series.ErrNoPatches), "fetch the branch, and name its commits as A..B")
	default:
		err = hint.Wrap(fmt.Errorf("%s: %w: the cover letter stands alone", name, series.ErrNoPatches), "name the Message-ID of the cover letter to fetch the whole thread")
	}
	return nil, "", err
}

// loadAll reads all versions that the arguments name, the newest first.
func (a *app) loadAll(ctx context.Context, s *source, args []string, t *tree.Tree) ([]*patchset.Set, error) {
	progress, done := a.progress()
	defer done()
	return series.Open(ctx, args, a.readOptions(ctx, s, t, progress))
}

// readOptions says how series are read.
func (a *app) readOptions(ctx context.Context, s *source, t *tree.Tree, progress io.Writer) *series.Options {
	return &series.Options{
		Stdin: a.stdin, Progress: progress,
		Archive: s.archive, Threads: s.threads || s.version != 0, Scissors: s.scissors, KeepCR: s.keepCR, PatchFormat: s.format,
		KeepSubject: s.keepSubject, KeepNonPatch: s.keepNonPatch, StripQuotedCR: s.quotedCR == "strip",
		Encoding: s.encoding, NoRecode: s.noRecode,
		Mailinfo: func(mail []byte, encoding string, args []string) (info, message, patch []byte, err error) {
			return git.Mailinfo(ctx, mail, encoding, args)
		},
		Range: func(ctx context.Context, spec string) ([]byte, error) {
			if t != nil {
				return t.FormatPatches(ctx, spec)
			}
			here, err := land.Open(".")
			if err != nil {
				return nil, err
			}
			defer here.Close()
			if !here.IsGit() {
				return nil, hint.Wrap(fmt.Errorf("%s is a range of commits, and this folder is not in git", spec), "name the tree that has them with --tree")
			}
			return here.FormatPatches(ctx, spec)
		},
	}
}

// loadPair reads two versions to compare: an argument each, or the newest two of one.
func (a *app) loadPair(ctx context.Context, s *source, args []string, t *tree.Tree) (older, newer *patchset.Set, err error) {
	if len(args) == 2 {
		if older, _, err = a.load(ctx, s, args[:1], t); err != nil {
			return nil, nil, err
		}
		newer, _, err = a.load(ctx, s, args[1:], t)
		return older, newer, err
	}
	s.threads = true
	sets, err := a.loadAll(ctx, s, args, t)
	if err != nil {
		return nil, nil, err
	}
	if len(sets) < 2 {
		return nil, nil, hint.Wrap(fmt.Errorf("%s holds one version only", args[0]), "name the older one before it")
	}
	return sets[1], sets[0], nil
}

// choose returns the version that the user asked for, by number or by a mail of it, else the newest.
func (s *source) choose(sets []*patchset.Set) (*patchset.Set, error) {
	if s.version == 0 {
		if i := slices.IndexFunc(sets, func(set *patchset.Set) bool { return set.Named }); i >= 0 {
			return sets[i], nil
		}
		return sets[0], nil
	}
	var have []string
	for _, set := range sets {
		if set.Version == s.version {
			return set, nil
		}
		have = append(have, fmt.Sprintf("v%d", set.Version))
	}
	return nil, fmt.Errorf("there is no v%d, only %s", s.version, strings.Join(have, ", "))
}

// openTree opens a Linux tree.
func openTree(dir string) (*tree.Tree, error) {
	t, err := land.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, hint.Wrap(err, "`lsmpatch fetch --tree "+dir+"` gets a Linux tree")
	}
	return t, err
}

// openTreeIfAny is openTree, or nil where no tree was named.
func openTreeIfAny(dir string) (*tree.Tree, error) {
	if dir == "" {
		return nil, nil
	}
	return openTree(dir)
}

// config reads the project's configuration, once, and tells of entries that fit no check, and of a file that
// was not read.
func (a *app) config() (*config.Config, error) {
	if a.conf != nil {
		return a.conf, nil
	}
	c, err := a.readConfiguration()
	if err != nil {
		return nil, err
	}
	a.conf = c
	if c.Ignored != "" {
		a.noteln("%s (--config %s reads it)", c.Ignored, config.Name)
	}
	for group, ids := range checkIDs() {
		for _, entry := range c.Unknown(group, ids) {
			a.noteln("%s: no check is called %q", c.File, entry)
		}
	}
	return c, nil
}

func (a *app) readConfiguration() (*config.Config, error) {
	if a.configFile != "" {
		return config.Load(a.configFile)
	}
	return config.Find(".", a.trees...)
}

// checkIDs returns the IDs of the checks that are listed in a table, by the part before the slash.
func checkIDs() map[string][]string {
	ids := map[string][]string{}
	for _, rule := range series.Checks() {
		ids["series/"] = append(ids["series/"], rule.ID)
	}
	for _, rule := range pull.Checks() {
		ids["pull/"] = append(ids["pull/"], rule.ID)
	}
	for _, check := range hooks.Checks(nil) {
		ids["hooks/"] = append(ids["hooks/"], check.ID)
	}
	for _, typ := range checkpatch.Types() {
		ids["checkpatch/"] = append(ids["checkpatch/"], "checkpatch/"+typ)
	}
	return ids
}

// checkLinux returns an error with a hint where rev of t is no Linux tree.
func checkLinux(t *tree.Tree, rev string) error {
	snapshot, err := t.Snapshot(rev)
	if err != nil {
		return err
	}
	return tree.IsLinux(snapshot)
}
