// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// addMailFlags gives cmd the flags of git am about what a mail becomes, beside those of addSource.
func addMailFlags(cmd *cobra.Command, s *source) {
	flags := cmd.Flags()
	flags.BoolVarP(&s.keepSubject, "keep", "k", false, "keep all of the subject, as git am -k does")
	flags.BoolVarP(&s.keepNonPatch, "keep-non-patch", "b", false, "keep brackets in the subject that do not say PATCH, as git am -b does")
	flags.StringVar(&s.quotedCR, "quoted-cr", "warn", "`ACTION` on carriage returns that base64 or quoted-printable hid: nowarn, warn or strip")
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
	flags.BoolVar(&opts.IgnoreDate, "ignore-date", false, "take the time of the commit for the author's as well, as git am does")
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
