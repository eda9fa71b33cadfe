// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// addMailFlags gives cmd the flags of git am about what a mail becomes, beside those of addSource.
func addMailFlags(cmd *cobra.Command, s *source) {
	flags := cmd.Flags()
	flags.VarPF(&keepFlag{s, true}, "keep", "k", "keep all of the subject, as git am -k does").NoOptDefVal = "true"
	flags.VarPF(&keepFlag{s, false}, "keep-non-patch", "b", "keep brackets in the subject that do not say PATCH, as git am --keep-non-patch does; -b is that of git mailinfo, of git am it does nothing").NoOptDefVal = "true"
	flags.BoolP("utf8", "u", true, "recode messages from the charset of the mail, as git am does: to UTF-8, or as i18n.commitEncoding says")
	flags.StringVar(&s.quotedCR, "quoted-cr", "warn", "`ACTION` on carriage returns that base64 or quoted-printable hid: nowarn, warn or strip")
}

// A keepFlag is --keep or --keep-non-patch, or turned to the opposite either: of all of them the last counts, as with git am.
type keepFlag struct {
	source *source
	all    bool
}

func (k *keepFlag) String() string { return "false" }
func (k *keepFlag) Type() string   { return "bool" }

func (k *keepFlag) Set(value string) error {
	on, err := strconv.ParseBool(value)
	k.source.keepSubject, k.source.keepNonPatch = on && k.all, on && !k.all
	return err
}

// checkQuotedCR returns an error where --quoted-cr has a value that git am does not know.
func (s *source) checkQuotedCR() error {
	switch s.quotedCR {
	case "nowarn", "warn", "strip":
		return nil
	}
	return hint.Wrap(fmt.Errorf("no action on quoted carriage returns is called %q", s.quotedCR), "give nowarn, warn or strip as --quoted-cr")
}

// addAmFlags gives cmd the flags of git am about white space, files and dates.
func addAmFlags(cmd *cobra.Command, opts *apply.Options) {
	flags := cmd.Flags()
	flags.StringVar(&opts.Whitespace, "whitespace", "", "`ACTION` on white space that is wrong in added lines, as git am --whitespace: nowarn, warn, fix, error or error-all (default as apply.whitespace says, else nowarn)")
	flags.BoolVar(&opts.IgnoreWhitespace, "ignore-whitespace", false, "let context differ in white space, as git am --ignore-whitespace does")
	flags.BoolVar(&opts.IgnoreWhitespace, "ignore-space-change", false, "the same as --ignore-whitespace")
	flags.Var(&filterFlag{filters: &opts.Filters}, "include", "apply only to files that `PATTERN` matches, as git am --include does; may be repeated")
	flags.Var(&filterFlag{filters: &opts.Filters, exclude: true}, "exclude", "leave out files that `PATTERN` matches, as git am --exclude does; may be repeated")
	flags.BoolVar(&opts.CommitterDateIsAuthorDate, "committer-date-is-author-date", false, "commit at the author's time, as git am does")
	flags.StringVar(&opts.Empty, "empty", "stop", "what to do with mails without a patch, as git am --empty: `ACTION` stop, drop or keep; a cover letter is no such mail")
	flags.BoolVarP(&opts.NoVerify, "no-verify", "n", false, "do not run the hook applypatch-msg")
	flags.StringVarP(&opts.SigningKey, "gpg-sign", "S", "", "sign the commits, with `KEY` (--gpg-sign=KEY) or that of git's configuration (default as commit.gpgSign says)")
	flags.Lookup("gpg-sign").NoOptDefVal = configuredKey
	flags.Bool("no-gpg-sign", false, "do not sign the commits, whatever commit.gpgSign says")
	cmd.MarkFlagsMutuallyExclusive("gpg-sign", "no-gpg-sign")
	flags.BoolVar(&opts.IgnoreDate, "ignore-date", false, "take the time of the commit for the author's as well, as git am does")
}

// configuredKey is the value of --gpg-sign without one.
const configuredKey = "configured"

// useAmConfig takes what no flag says from git's configuration, as git am does.
func (a *app) useAmConfig(ctx context.Context, cmd *cobra.Command, t *tree.Tree, src *source, opts *apply.Options) error {
	conf, err := t.AmConfig(ctx)
	if err != nil {
		return err
	}
	flags := cmd.Flags()
	for _, setting := range []struct {
		flag  string
		value *bool
		conf  bool
	}{
		{"3way", &opts.ThreeWay, conf.ThreeWay}, {"message-id", &opts.MessageID, conf.MessageID},
		{"keep-cr", &src.keepCR, conf.KeepCR}, {"scissors", &src.scissors, conf.Scissors},
	} {
		if !flags.Changed(setting.flag) {
			*setting.value = setting.conf
		}
	}
	src.encoding = conf.Encoding
	recode, err := flags.GetBool("utf8")
	if err != nil {
		return err
	}
	src.noRecode = !recode
	if !flags.Changed("quoted-cr") && conf.QuotedCR != "" {
		src.quotedCR = conf.QuotedCR
	}
	opts.Sign = flags.Changed("gpg-sign") || conf.Sign && !flags.Changed("no-gpg-sign")
	if opts.SigningKey == configuredKey {
		opts.SigningKey = ""
	}
	return nil
}

// wantsGitAm says for what, if anything, the worktree has to become that of each patch in turn, as only git am makes it.
// Onto a branch there is no worktree: a guard that cannot be asked stops the series, unless the user waives it.
func (a *app) wantsGitAm(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *apply.Options) (why string, err error) {
	if opts.Check {
		return "", nil
	}
	pre, err := t.Hook(ctx, "pre-applypatch")
	if err != nil {
		return "", err
	}
	post, err := t.Hook(ctx, "post-applypatch")
	if opts.NoVerify {
		pre = ""
	}
	// These are told of each index and of each ref that git am writes, of which there are several for a patch. With options
	// that git am lacks, a guard of refs is asked once for all patches.
	index, indexErr := t.Hook(ctx, "post-index-change")
	refs, refsErr := t.Hook(ctx, "reference-transaction")
	if opts.Fuzz > 0 || opts.UnidiffZero {
		refs = ""
	}
	const hooks = "the repository's hooks"
	inWorktree := opts.Branch == "" && t.HasWorktree()
	switch {
	case err != nil || indexErr != nil || refsErr != nil:
		return "", errors.Join(err, indexErr, refsErr)
	case index+refs != "" && inWorktree, pre != "" && opts.Branch == "", post != "" && inWorktree:
		return hooks, nil
	case t.IsGit() && inWorktree && changesAttributes(set, opts):
		return "a series that changes .gitattributes", nil
	case pre != "":
		return "", hint.Wrap(fmt.Errorf("%s wants the worktree of each patch, and --branch has none", pre), "leave --branch out, or give --no-verify to do without it")
	case post != "":
		a.noteln("%s is not run: it wants the worktree of each patch, and --branch has none", post)
	}
	return "", nil
}

// changesAttributes reports whether a patch changes how git writes the files of others into the worktree.
func changesAttributes(set *patchset.Set, opts *apply.Options) bool {
	return slices.ContainsFunc(apply.Touched(set.Patches, opts), func(name string) bool { return path.Base(name) == ".gitattributes" })
}

// addNegations adds git am's --no-… of the flags that it has on, or that git's configuration may set; of both, the last counts.
func addNegations(flags *pflag.FlagSet) {
	for _, name := range []string{"3way", "message-id", "keep-cr", "scissors", "utf8", "keep", "keep-non-patch", "signoff"} {
		flag := flags.VarPF(&negation{flags, name}, "no-"+name, "", "the opposite of --"+name)
		flag.NoOptDefVal, flag.Hidden = "true", true
	}
}

// A negation is a flag that sets another to the opposite.
type negation struct {
	flags *pflag.FlagSet
	name  string
}

func (n *negation) String() string { return "false" }
func (n *negation) Type() string   { return "bool" }

func (n *negation) Set(value string) error {
	not, err := strconv.ParseBool(value)
	if err != nil {
		return err
	}
	return n.flags.Set(n.name, strconv.FormatBool(!not))
}

// A filterFlag adds to a list that --include and --exclude share, since of both the first that matches
// counts.
type filterFlag struct {
	filters *[]apply.Filter
	exclude bool
}

func (f *filterFlag) String() string { return "" }
func (f *filterFlag) Type() string   { return "PATTERN" }

func (f *filterFlag) Set(pattern string) error {
	*f.filters = append(*f.filters, apply.Filter{Pattern: pattern, Exclude: f.exclude})
	return nil
}
