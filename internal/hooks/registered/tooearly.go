// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// An Arrival is a name that the series brings, or with Gone takes away: a tree between its patches has to build as well, since
// who looks for a fault by git bisect builds it.
type Arrival struct {
	// What the name is, for messages, and In the files that bring it, all of which are needed.
	What string
	In   []string
	Gone bool
	// Behind are the words before which the name stands in brackets where it is used: LSM_HOOK_INIT. With none, it is used where it is called,
	// or with Bare where it stands at all.
	Behind []string
	Bare   bool
	at     int // the patch that brings the last of it, or takes the first away
}

// TooEarly tells of patches that use what a later one brings, or take away what the tree still uses until a later one.
func (c *Series) TooEarly(names map[string]*Arrival) {
	if len(names) == 0 || c.Src.Patches() < 2 {
		return
	}
	first := map[string]map[string]int{} // for each name and file the first patch
	c.Src.Lines("", func(patch int, file, text string, op gitdiff.LineOp) {
		for word := range words(text) {
			if a := names[word]; a != nil && slices.Contains(a.In, file) && (op == gitdiff.OpDelete) == a.Gone && !isComment(text) {
				if first[word] == nil {
					first[word] = map[string]int{}
				}
				if first[word][file] == 0 {
					first[word][file] = patch
				}
			}
		}
	})
	for name, at := range first {
		for _, patch := range at {
			if a := names[name]; a.at == 0 || a.Gone && patch < a.at || !a.Gone && patch > a.at {
				a.at = patch
			}
		}
	}
	told := map[string]bool{}
	builtFrom, lineOf := memo(c.builtFrom), memo(c.linesOf)
	c.Src.Lines("", func(patch int, file, text string, op gitdiff.LineOp) {
		if ext := path.Ext(file); ext != ".c" && ext != ".h" || isComment(text) || !hasAny(names, text) {
			return
		}
		toks, _ := ctype.Lex("", []byte(text))
		for i := range toks {
			name := toks[i].Text
			a := names[name]
			if a == nil || a.at == 0 || a.Gone != (op == gitdiff.OpDelete) || a.Gone != (patch > a.at) || patch == a.at ||
				told[name] || slices.Contains(a.In, file) || !a.isUse(toks, i) || !a.Gone && builtFrom(file) >= a.at {
				continue
			}
			told[name] = true
			f := report.Finding{Check: "hooks/too-early", Patch: patch, File: file, Line: lineOf(file)[strings.TrimRight(text, "\n")],
				Message: fmt.Sprintf("patch %d uses %s, which patch %d brings: the tree does not build in between", patch, a.What, a.at),
				Hint:    "change the order, or bring it in the same patch"}
			if a.Gone {
				f.Patch = a.at
				f.Message = fmt.Sprintf("patch %d takes %s away, and %s uses it until patch %d: the tree does not build in between", a.at, a.What, file, patch)
				f.Hint = "let it go in the same patch, or later"
			}
			c.Take(f)
		}
	})
}

// memo returns f, which is asked once for each file.
func memo[T any](f func(file string) T) func(file string) T {
	known := map[string]T{}
	return func(file string) T {
		v, ok := known[file]
		if !ok {
			v = f(file)
			known[file] = v
		}
		return v
	}
}

// hasAny reports whether a line has one of the names.
func hasAny(names map[string]*Arrival, line string) bool {
	for word := range words(line) {
		if names[word] != nil {
			return true
		}
	}
	return false
}

// isUse reports whether a name, the token at i of a line, is used there as the arrival has it.
func (a *Arrival) isUse(line []ctype.Token, i int) bool {
	return a.Bare || len(a.Behind) == 0 && i+1 < len(line) && line[i+1].Is("(") ||
		i > 1 && line[i-1].Is("(") && slices.Contains(a.Behind, line[i-2].Text)
}

// builtFrom returns the patch from which on a file is built for sure: 0 for one that was there, for a new one the last that changes what makes files
// in the folders around it.
func (c *Series) builtFrom(file string) int {
	if !c.Src.IsNew(file) {
		return 0
	}
	last := 0
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		for _, name := range []string{"Makefile", "Kbuild", "Kconfig"} {
			last = max(last, c.Src.PatchOf[path.Join(dir, name)])
		}
		if dir == "." || dir == "/" {
			return last
		}
	}
}

// linesOf returns where the lines of a file stand first, from 1.
func (c *Series) linesOf(file string) map[string]int {
	first := map[string]int{}
	n := 0
	for line := range strings.Lines(c.Src.Text(file)) {
		n++
		if line = strings.TrimRight(line, "\n"); first[line] == 0 {
			first[line] = n
		}
	}
	return first
}

// isComment reports whether a line is one of a comment of several.
func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "* ") || line == "*" || strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "//")
}

// words yields the words of a line.
func words(line string) iter.Seq[string] {
	return strings.FieldsFuncSeq(line, func(r rune) bool {
		return r != '_' && (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r)
	})
}
