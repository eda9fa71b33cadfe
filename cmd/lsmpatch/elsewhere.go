// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// addNewer gives cmd the flag --newer.
func addNewer(cmd *cobra.Command, s *source, more string) {
	cmd.Flags().BoolVar(&s.newer, "newer", false, "look for a newer version in --inbox, or where the series is"+more)
}

// addAsSubmission gives cmd the flag that judges what says of itself that it is no submission.
func addAsSubmission(cmd *cobra.Command, view *check.View) {
	cmd.Flags().BoolVar(&view.AsSubmission, "as-submission", false, "judge as a submission also what is none: notices of the stable maintainers and of robots, patches for another project")
}

// asksServer reports whether the flags of cmd have a server of the lists asked, whatever the arguments name:
// that is where what is looked for is looked for, if no local archive is named.
func asksServer(cmd *cobra.Command) bool {
	set := func(name string) bool {
		flag := cmd.Flags().Lookup(name)
		return flag != nil && flag.Changed && flag.Value.String() != "false"
	}
	return (set("with-prerequisites") || set("newer")) && (!set("inbox") || set("archive-url"))
}

// lookElsewhere looks for what stands in other threads than the series: newer versions and prerequisites. It
// returns set upon its prerequisites where they are wanted.
func (a *app) lookElsewhere(ctx context.Context, s *source, args []string, set *patchset.Set, t *tree.Tree) (*patchset.Set, error) {
	if !s.stack && !s.newer {
		return set, nil
	}
	progress, done := a.progress()
	defer done()
	opts := a.readOptions(ctx, s, t, progress)
	places := s.places(args, opts)
	if s.newer {
		if err := series.Newest(ctx, set, places, opts); err != nil {
			what := "a newer version"
			if set.Newer != "" {
				what = "a newer version still"
			}
			a.warnln("whether there is %s could not be found out: %s", what, report.Printable(strings.ReplaceAll(err.Error(), "\n", "; ")))
		}
	}
	if !s.stack || len(set.Needs) == 0 || set.Pull {
		return set, nil
	}
	var hasPatch func(string) (bool, error)
	if t != nil && t.IsGit() {
		hasPatch = premerge.NewHistory(ctx, t, s.base).HasPatchID
	}
	return series.Stack(ctx, set, places, hasPatch, opts)
}

// places returns where to look: the archives of --inbox, where the series came from, the other carried series for
// one that is carried, and a server, where one was named or there is nothing else.
func (s *source) places(args []string, opts *series.Options) []string {
	var places []string
	for _, dir := range s.inboxes {
		places = append(places, "inbox:"+dir)
	}
	places = append(places, series.Places(args, opts)...)
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, builtinPrefix) }) {
		for _, set := range patchset.Builtins() {
			places = append(places, builtinPrefix+set.Name)
		}
	}
	local := slices.ContainsFunc(places, func(place string) bool { return strings.HasPrefix(place, "inbox:") })
	if !local || s.archive != "" {
		if !slices.Contains(places, s.archive) {
			places = append(places, s.archive)
		}
	}
	return places
}
