// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// entryRE is an entry of a stack trace.
var entryRE = lazyregexp.New(`([A-Za-z_][\w.$]*)\+0x[0-9a-f]+/0x[0-9a-f]+`)

// maxLocated bounds how much of a file is looked through.
const maxLocated = 4 << 20

// locate gives each finding of the boot that has no place the function of its trace that the series
// defines, the innermost first: where a kernel has no line tables, that is how the patch is found.
func (r *run) locate(findings []report.Finding) []report.Finding {
	var files map[string]string
	for i := range findings {
		f := &findings[i]
		if f.File != "" && r.touches(f.File) || !strings.HasPrefix(f.Check, "boot/") {
			continue
		}
		for _, m := range entryRE.FindAllStringSubmatch(f.Detail, -1) {
			if files == nil {
				files = r.touchedSources()
			}
			if file, line := defines(files, m[1]); file != "" {
				f.File, f.Line = file, line
				break
			}
		}
	}
	return findings
}

func (r *run) touches(file string) bool {
	for _, p := range r.applied.Patches {
		for _, f := range p.Files {
			if f.Path == file {
				return true
			}
		}
	}
	return false
}

// touchedSources returns the C and Rust files that the series touches, as they are after it.
func (r *run) touchedSources() map[string]string {
	files := map[string]string{}
	for _, p := range r.applied.Patches {
		for _, f := range p.Files {
			if !strings.HasSuffix(f.Path, ".c") && !strings.HasSuffix(f.Path, ".h") && !strings.HasSuffix(f.Path, ".rs") {
				continue
			}
			if text, err := fs.ReadFile(r.after, f.Path); err == nil && len(text) <= maxLocated {
				files[f.Path] = string(text)
			}
		}
	}
	return files
}

// defines returns where one of the files defines a function: a line of C that begins with its type
// and is no declaration, or a Rust fn.
func defines(files map[string]string, name string) (file string, line int) {
	name, _, _ = strings.Cut(name, ".") // what the compiler added
	re, err := regexp.Compile(`^[A-Za-z_][^;=]*\b` + regexp.QuoteMeta(name) + `\([^;]*$|^\s*(?:pub |unsafe |extern "C" |const )*fn ` + regexp.QuoteMeta(rustName(name)) + `\b`)
	if err != nil {
		return "", 0
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		number := 0
		for text := range strings.Lines(files[path]) {
			number++
			if re.MatchString(strings.TrimRight(text, "\n")) {
				return path, number
			}
		}
	}
	return "", 0
}

var digitsRE = lazyregexp.New(`\d+`)

// rustName returns the last part of a mangled Rust path, which its length stands before, else the
// name itself.
func rustName(name string) string {
	if !strings.HasPrefix(name, "_R") {
		return name
	}
	for _, at := range digitsRE.FindAllStringIndex(name, -1) {
		rest := strings.TrimPrefix(name[at[1]:], "_")
		if n, err := strconv.Atoi(name[at[0]:at[1]]); err == nil && n == len(rest) {
			return rest
		}
	}
	return name
}
