// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// UndefinedSymbols tells of configuration symbols that files name with the series, not without it, and
// that no Kconfig file of any architecture defines; and of those whose definition the series takes away
// and that files still name. A compiler is content with such a symbol, and leaves out what depends on it.
func UndefinedSymbols(ctx context.Context, before fs.FS, after *tree.Overlay) ([]report.Finding, error) {
	changes, err := after.Written()
	if err != nil {
		return nil, err
	}
	had := kconfigs{}
	type place struct {
		symbol, file string
		line         int
	}
	var places []place
	for _, c := range changes {
		if text, err := readRegular(before, c.Path); err == nil && isKconfig(c.Path) {
			had.parse(c.Path, string(text))
		}
		if c.Deleted() || !namesSymbols(c.Path) && !isDefconfig(c.Path) {
			continue
		}
		old, err := readRegular(before, c.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue // it was no file: all it names is new
		}
		known := map[string]bool{}
		for _, r := range symbolsIn(c.Path, string(old)) {
			known[r.name] = true
		}
		for _, r := range symbolsIn(c.Path, string(c.Data)) {
			if !known[r.name] {
				known[r.name] = true
				places = append(places, place{r.name, c.Path, r.line})
			}
		}
	}
	if len(places)+len(had) == 0 {
		return nil, nil
	}
	defined, err := readKconfig(ctx, after, "")
	if err != nil {
		return nil, err
	}
	var findings []report.Finding
	for _, p := range places {
		// With MODULES, autoconf.h has a second name for each tristate.
		if len(defined[p.symbol]) > 0 || len(defined[strings.TrimSuffix(p.symbol, "_MODULE")]) > 0 {
			continue
		}
		f := report.Finding{Check: "build/undefined-symbol", Severity: report.Error, File: p.file, Line: p.line,
			Message: fmt.Sprintf("no Kconfig of this tree defines CONFIG_%s", p.symbol),
			Hint:    "is it misspelled, or does a patch that defines it miss?"}
		if isDefconfig(p.file) { // conf drops it
			f.Severity = report.Warning
		}
		findings = append(findings, f)
	}
	for symbol := range had {
		if len(defined[symbol]) > 0 {
			delete(had, symbol)
		}
	}
	left, err := stillNamed(ctx, after, had)
	return append(findings, left...), err
}

// maxNamed is how many further places a finding lists.
const maxNamed = 20

// stillNamed tells of symbols that are gone and that a file names. It reads the tree where there are any.
func stillNamed(ctx context.Context, after fs.FS, gone kconfigs) ([]report.Finding, error) {
	if len(gone) == 0 {
		return nil, nil
	}
	var words []string
	for symbol := range gone {
		words = append(words, symbol, "CONFIG_"+symbol, "CONFIG_"+symbol+"_MODULE")
	}
	places := map[string][]string{}
	first := map[string]report.Finding{}
	for hit, err := range tree.Words(ctx, after, words, func(name string, folder bool) bool {
		if folder {
			return namesSymbols(name + "/Kconfig")
		}
		return namesSymbols(name)
	}) {
		if err != nil {
			return nil, err
		}
		for _, r := range symbolsIn(hit.Path, string(hit.Text)) {
			symbol := r.name
			if gone[symbol] == nil {
				symbol = strings.TrimSuffix(symbol, "_MODULE")
			}
			if gone[symbol] == nil {
				continue
			}
			if len(places[symbol]) == 0 {
				first[symbol] = report.Finding{File: hit.Path, Line: r.line}
			}
			places[symbol] = append(places[symbol], fmt.Sprintf("%s:%d", hit.Path, r.line))
		}
	}
	var findings []report.Finding
	for _, symbol := range slices.Sorted(maps.Keys(first)) {
		f, was := first[symbol], gone[symbol][0]
		f.Check, f.Severity = "build/undefined-symbol", report.Warning
		f.Message = fmt.Sprintf("CONFIG_%s is named here, and the series takes its definition away from %s:%d", symbol, was.file, was.line)
		f.Hint = "what depends on it is left out of every build from now on"
		if more := places[symbol][1:]; len(more) > 0 {
			f.Detail = "named as well at:\n" + strings.Join(more[:min(len(more), maxNamed)], "\n") + "\n"
			if len(more) > maxNamed {
				f.Detail += "and " + report.Plural(len(more)-maxNamed, "other place") + "\n"
			}
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// namesSymbols reports whether the build reads configuration symbols out of a file. tools and selftests
// define some of their own.
func namesSymbols(name string) bool {
	for _, top := range []string{"tools/", "scripts/", "Documentation/", "samples/bpf/"} {
		if strings.HasPrefix(name, top) {
			return false
		}
	}
	base := path.Base(name)
	return slices.Contains([]string{".c", ".h", ".S", ".rs"}, path.Ext(name)) || isMakefile(base) || isKconfig(name)
}

// isDefconfig reports whether a file is a configuration of the tree, or a fragment of one.
func isDefconfig(name string) bool {
	return path.Dir(name) == "kernel/configs" || strings.HasPrefix(name, "arch/") && strings.Contains(name, "/configs/")
}

func isMakefile(base string) bool {
	return strings.HasPrefix(base, "Makefile") || base == "Kbuild"
}

// A reference is a symbol, without CONFIG_, in a line of a file.
type reference struct {
	name string
	line int
}

var (
	symbolUseRE = lazyregexp.New(`\bCONFIG_([A-Za-z0-9_]+)`)
	settingRE   = lazyregexp.New(`^(?:CONFIG_([A-Za-z0-9_]+)=|# CONFIG_([A-Za-z0-9_]+) is not set$)`)
	defineRE    = lazyregexp.New(`^\s*#\s*define\s+CONFIG_([A-Za-z0-9_]+)`)
	quotedSRE   = lazyregexp.New(`"(?:[^"\\]|\\.)*"`)
	conditionRE = lazyregexp.New(`^\s*(?:depends on|visible if|if|select|imply|default|def_bool|def_tristate|bool|tristate|int|hex|string|prompt|range)\b(.*)`)
	upperRE     = lazyregexp.New(`\b[A-Z][A-Z0-9_]*\b`)
)

// symbolsIn returns the symbols that a text names, apart from those that it defines itself, and from
// what stands in comments and strings.
func symbolsIn(name, text string) []reference {
	if isDefconfig(name) {
		return settings(text)
	}
	if isKconfig(name) {
		return kconfigSymbols(text)
	}
	own := map[string]bool{}
	var found []reference
	comment := false
	for i, line := range strings.Split(text, "\n") {
		line = quotedSRE.ReplaceAllString(line, `""`)
		if isMakefile(path.Base(name)) {
			line, _, _ = strings.Cut(line, "#")
		} else if line, comment = uncomment(line, comment); line == "" {
			continue
		}
		if m := defineRE.FindStringSubmatch(line); m != nil {
			own[m[1]] = true
		}
		for _, m := range symbolUseRE.FindAllStringSubmatch(line, -1) {
			// A name that goes on is pasted together: CONFIG_##x, CONFIG_$(X), CONFIG_FOO_##x.
			if !strings.HasSuffix(m[1], "_") {
				found = append(found, reference{m[1], i + 1})
			}
		}
	}
	return slices.DeleteFunc(found, func(r reference) bool { return own[r.name] })
}

// uncomment takes C's and Rust's comments out of a line; inside says whether the line begins, and
// ends, within one.
func uncomment(line string, inside bool) (string, bool) {
	var out strings.Builder
	for line != "" {
		if inside {
			_, rest, ends := strings.Cut(line, "*/")
			if !ends {
				return out.String(), true
			}
			line, inside = rest, false
			continue
		}
		block, end := strings.Index(line, "/*"), strings.Index(line, "//")
		switch {
		case end >= 0 && (block < 0 || end < block):
			out.WriteString(line[:end])
			return out.String(), false
		case block < 0:
			out.WriteString(line)
			return out.String(), false
		}
		out.WriteString(line[:block])
		line, inside = line[block+2:], true
	}
	return out.String(), inside
}

// settings returns the symbols that a configuration sets.
func settings(text string) []reference {
	var found []reference
	for i, line := range strings.Split(text, "\n") {
		if m := settingRE.FindStringSubmatch(line); m != nil {
			found = append(found, reference{m[1] + m[2], i + 1})
		}
	}
	return found
}

// kconfigSymbols returns the symbols in the conditions of a Kconfig file.
func kconfigSymbols(text string) []reference {
	var found []reference
	helpDepth := -1
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if helpDepth >= 0 {
			if trimmed == "" || indentation(line) > helpDepth {
				continue
			}
			helpDepth = -1
		}
		if trimmed == "help" {
			helpDepth = indentation(line)
			continue
		}
		m := conditionRE.FindStringSubmatch(quotedSRE.ReplaceAllString(line, ""))
		if m == nil {
			continue
		}
		rest, _, _ := strings.Cut(m[1], "#")
		if strings.Contains(rest, "$(") {
			continue // a macro's arguments are no symbols
		}
		for _, symbol := range upperRE.FindAllString(rest, -1) {
			found = append(found, reference{symbol, i + 1})
		}
	}
	return found
}
