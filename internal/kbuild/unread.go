// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// UnreadKconfigs tells of Kconfig files that a series adds and no other one sources: conf does not know their symbols.
func UnreadKconfigs(ctx context.Context, before fs.FS, after *tree.Overlay) ([]report.Finding, error) {
	changes, err := after.Written()
	if err != nil {
		return nil, err
	}
	unread := map[string]bool{}
	for _, c := range changes {
		if _, err := fs.Stat(before, c.Path); !c.Deleted() && isKconfig(c.Path) && namesSymbols(c.Path) && errors.Is(err, fs.ErrNotExist) {
			unread[c.Path] = true
		}
	}
	if len(unread) == 0 {
		return nil, nil
	}
	if err := eachKconfig(ctx, after, "", func(name, text string) {
		for _, pattern := range sourced(name, text) {
			if !strings.ContainsAny(pattern, `*?[\`) {
				delete(unread, pattern)
				continue
			}
			maps.DeleteFunc(unread, func(file string, _ bool) bool { ok, _ := path.Match(pattern, file); return ok })
		}
	}); err != nil {
		return nil, err
	}
	var findings []report.Finding
	for _, file := range sortedNames(unread) {
		findings = append(findings, report.Finding{Check: "build/unread-kconfig", Severity: report.Error, File: file, Line: 1,
			Message: "no Kconfig file sources it, so that its symbols can never be set", Hint: "source it in the Kconfig file of a folder above"})
	}
	return findings, nil
}

var (
	sourceRE   = lazyregexp.New(`(?m)^\s*o?(r?)source\s+"([^"\n]+)"`)
	variableRE = lazyregexp.New(`\$\([^)]*\)`)
)

// sourced returns what the Kconfig file name sources, as patterns of [path.Match]: what a variable holds may be any part of a path.
func sourced(name, text string) []string {
	var patterns []string
	for _, m := range sourceRE.FindAllStringSubmatch(text, -1) {
		wanted := strings.TrimPrefix(m[2], "$(srctree)/")
		if m[1] != "" {
			wanted = path.Join(path.Dir(name), wanted)
		}
		patterns = append(patterns, path.Clean(variableRE.ReplaceAllString(wanted, "*")))
	}
	return patterns
}
