// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
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

// A written file has its lines, and for the text of each that the series adds the patch that does; 0 where several do.
type written struct {
	lines []string
	by    map[string]int
}

// writer returns the patch that alone adds the text of a line, or 0.
func (w *written) writer(line int) int {
	if line < 1 || line > len(w.lines) {
		return 0
	}
	return w.by[w.lines[line-1]]
}

// written looks a file up in the tree with the series, and in its patches.
func (r *run) written(file string) *written {
	w := &written{by: map[string]int{}}
	text, err := fs.ReadFile(r.after, file)
	if err != nil || len(text) > maxLocated || r.set == nil {
		return w
	}
	w.lines = strings.SplitAfter(string(text), "\n")
	for _, p := range r.set.Patches {
		for _, f := range p.Files {
			if patchset.Path(f) == file {
				w.add(p.Index, f)
			}
		}
	}
	return w
}

func (w *written) add(patch int, f *gitdiff.File) {
	for _, t := range f.TextFragments {
		for _, l := range t.Lines {
			if l.Op != gitdiff.OpAdd {
				continue
			}
			if by, known := w.by[l.Line]; known && by != patch {
				w.by[l.Line] = 0
			} else {
				w.by[l.Line] = patch
			}
		}
	}
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
