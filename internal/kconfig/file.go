// SPDX-License-Identifier: GPL-2.0-only

package kconfig

import (
	"io/fs"
	"path"
	"strings"
	"unicode"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/solve"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// maxSource bounds one source file; the largest of Linux, a generated header, has 23 MB.
const maxSource = 32 << 20

func readFile(tree fs.FS, name string) string {
	info, err := fs.Stat(tree, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
		return ""
	}
	data, _ := fs.ReadFile(tree, name) // a file that is not there has no lines
	return string(data)
}

// outside are the folders whose files are no part of a kernel, with what they are.
var outside = []struct{ folder, what string }{
	{"Documentation/", "documentation"}, {"LICENSES/", "documentation"}, {"tools/", "tools, not built with the kernel"},
	{"scripts/", "scripts of the build"}, {"usr/", "the initial ramdisk"},
}

// file reads one changed file: under which condition it, and each of its changed lines, is compiled.
func file(r *kbuildfile.Reader, before, after fs.FS, moves changed.Moves, name, arch string) File {
	f := File{Path: name}
	text := readFile(after, name)
	if text == "" {
		f.Why = "removed"
		return f
	}
	for _, o := range outside {
		if strings.HasPrefix(name, o.folder) {
			f.Why = o.what
			return f
		}
	}
	if other := folderOfArch(name); other != "" && other != arch && path.Ext(name) != ".h" {
		f.Why = "for ARCH=" + other
		return f
	}
	w := &kbuildfile.Wiring{When: logic.Never}
	switch ext := path.Ext(name); {
	case kbuildfile.IsSource(name):
		w = r.File(name)
		switch {
		case w.Host:
			f.Why = "a program of the build, compiled for this machine"
			return f
		case !w.Built():
			f.Why = "no kbuild file leads to it: " + w.Makefile + " lacks " + w.Missing
			return f
		}
	case ext == ".h" || ext == ".dtsi":
		if w = r.Header(name); !w.Built() && publicHeader(name, arch) {
			w = &kbuildfile.Wiring{When: logic.Always} // where nothing includes it, an includer is made
		}
		if !w.Built() {
			f.Why = "no source beside it includes it; it is compiled where others include it"
			return f
		}
	default:
		f.Why = "not compiled"
		return f
	}
	f.Object, f.When = w.Object, w.When.String()
	f.addGoals(w.When, text, moves.Lines(name, readFile(before, moves.Was(name)), text))
	return f
}

// noinstrRE finds code that nothing may trace or probe, and what lets others in there: include/linux/instrumentation.h.
var noinstrRE = lazyregexp.New(`\b(?:noinstr|__noinstr_section|\w*_NOINSTR|instrumentation_(?:begin|end))\b`)

// inNoinstr returns for each line of a text whether it is of a function that nothing may trace. The head of a function begins at the
// begin of a line, its specifiers maybe on the one before.
func inNoinstr(text string) []bool {
	var in []bool
	inside, before := false, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line != "" && (line[0] == '_' || unicode.IsLetter(rune(line[0]))) && !strings.HasSuffix(line, ":") {
			inside = noinstrRE.MatchString(before + " " + line)
		}
		in = append(in, inside || noinstrRE.MatchString(line))
		if before = line; strings.HasSuffix(line, ";") || strings.HasPrefix(line, "}") {
			before = ""
		}
	}
	return in
}

// publicHeader reports whether sources all over the tree can include a header.
func publicHeader(name, arch string) bool {
	return strings.HasPrefix(name, "include/") || strings.HasPrefix(name, "arch/"+arch+"/include/")
}

// addGoals makes the file, and each condition under which its changed lines of code stand, a goal.
func (f *File) addGoals(when *logic.Cond, text string, lines []int) {
	f.goals = []solve.Goal{{Name: f.Path, When: when}}
	f.lines = [][]int{nil}
	conditions := changed.Of(f.Path, text)
	var noinstr []bool
	if noinstrRE.MatchString(text) {
		noinstr = inNoinstr(text)
	}
	index := map[string]int{}
	for _, n := range lines {
		if n > len(conditions) || conditions[n-1].Kind != changed.Code {
			continue
		}
		f.Lines++
		f.noinstr = f.noinstr || n <= len(noinstr) && noinstr[n-1]
		c := conditions[n-1].When
		if c.Op == logic.True {
			continue
		}
		words := c.String()
		i, ok := index[words]
		if !ok {
			i = len(f.goals)
			index[words] = i
			f.goals = append(f.goals, solve.Goal{Name: words, When: logic.And(when, c)})
			f.lines = append(f.lines, nil)
		}
		f.lines[i] = append(f.lines[i], n)
	}
}
