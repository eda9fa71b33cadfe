// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// MissingSources tells of objects that a kbuild file asks for and that have no source: the series takes that away, or lists an object whose
// source it does not bring. Where the configuration that is built leaves them out, make does not say so. arch is as in [Options].
func MissingSources(ctx context.Context, before fs.FS, after *tree.Overlay, arch string) ([]report.Finding, error) {
	changes, err := after.Written()
	if err != nil {
		return nil, err
	}
	m := &missing{ctx: ctx, after: after, arch: SourceArch(arch), readers: map[string]*kbuildfile.Reader{}}
	var found []report.Finding
	for _, c := range changes {
		var more []report.Finding
		switch ext, base := path.Ext(c.Path), path.Base(c.Path); {
		case c.Deleted() && (ext == ".c" || ext == ".S"):
			if _, absent := fs.Stat(before, c.Path); absent == nil {
				more, err = m.removed(c.Path)
			}
		case !c.Deleted() && (base == "Makefile" || base == "Kbuild"):
			old, _ := readRegular(before, c.Path) // a new one was empty
			more, err = m.listed(c.Path, string(old))
		}
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// missing looks for objects without a source.
type missing struct {
	ctx     context.Context
	after   fs.FS
	arch    string
	readers map[string]*kbuildfile.Reader
	config  map[string]string // each symbol that is defined, as y; nil before it is asked for
}

// removed tells of a source that is not there any more.
func (m *missing) removed(name string) ([]report.Finding, error) {
	object, when, err := m.asked(name)
	if when == nil || err != nil {
		return nil, err
	}
	return []report.Finding{{Check: "build/removed-source", Severity: report.Error, File: name,
		Message: fmt.Sprintf("it is removed, and a kbuild file still asks for %s, where %s", object, inWords(when)),
		Hint:    "take the object off its list as well: make knows no rule for it"}}, nil
}

// Bounds on one kbuild file whose new objects are looked at: its size in bytes, and how many objects without a source are asked for. The
// largest of Linux 7.3 has 82 KB.
const (
	maxKbuild = 256 << 10
	maxListed = 300
)

var listedRE = lazyregexp.New(`^([A-Za-z0-9_][\w./-]*)\.o$`)

// listed tells of the objects that a kbuild file lists, and its old text does not, and that have no source.
func (m *missing) listed(file, old string) ([]report.Finding, error) {
	text, err := readRegular(m.after, file)
	if err != nil || len(text) > maxKbuild {
		return nil, nil // what is wrong with a symbolic link the build says
	}
	had := map[string]bool{}
	for line := range strings.Lines(old) {
		for _, stem := range objectsIn(line) {
			had[stem] = true
		}
	}
	var found []report.Finding
	n, looked := 0, 0
	for line := range strings.Lines(string(text)) {
		n++
		for _, stem := range objectsIn(line) {
			name := path.Join(path.Dir(file), stem) + ".c"
			if had[stem] || looked >= maxListed || !fs.ValidPath(name) {
				continue
			}
			had[stem] = true
			if _, err := fs.Stat(m.after, name); err == nil {
				continue
			}
			looked++
			object, when, err := m.asked(name)
			if err != nil {
				return nil, err
			}
			if when != nil {
				found = append(found, report.Finding{Check: "build/missing-source", Severity: report.Error, File: file, Line: n,
					Message: fmt.Sprintf("it asks for %s, where %s, and the tree has no source for that", object, inWords(when)),
					Hint:    "is a file, or a patch, missing from the series?"})
			}
		}
	}
	return found, nil
}

// objectsIn returns the objects that a line of a kbuild file names, without ".o".
func objectsIn(line string) []string {
	line, _, _ = strings.Cut(line, "#")
	var stems []string
	for _, word := range strings.Fields(strings.ReplaceAll(line, "=", "= ")) {
		if m := listedRE.FindStringSubmatch(word); m != nil {
			stems = append(stems, m[1])
		}
	}
	return stems
}

// asked returns the object that a kbuild file wants of a source that is not there, and where; nil for none, or where there may be
// another way to it.
func (m *missing) asked(name string) (object string, when *logic.Cond, err error) {
	arch := m.arch
	if rest, ok := strings.CutPrefix(name, "arch/"); ok {
		arch, _, _ = strings.Cut(rest, "/")
	}
	if m.readers[arch] == nil {
		m.readers[arch] = kbuildfile.NewReader(m.after, arch)
	}
	w := m.readers[arch].File(name)
	if !w.Built() || w.Via != "" || w.Host || w.Aside || w.Overrun != "" || madeOtherwise(m.after, name, w.Object) {
		return "", nil, nil
	}
	if m.config == nil {
		defined, err := readKconfig(m.ctx, m.after, "")
		if err != nil {
			return "", nil, err
		}
		m.config = map[string]string{}
		for symbol := range defined {
			m.config[symbol] = "y"
		}
	}
	// A list of a symbol that no Kconfig defines any more is never built.
	if !understood(w.When) || !w.When.Holds(m.config) {
		return "", nil, nil
	}
	return w.Object, w.When, nil
}

func inWords(c *logic.Cond) string {
	if c.Op == logic.True {
		return "any configuration is built"
	}
	return c.String() + " is configured"
}

// linked reports whether a file is compiled into the kernel or a module, by lists that were understood.
func linked(w *kbuildfile.Wiring) bool {
	return w.Built() && !w.Host && !w.Aside && !w.Loose && understood(w.When)
}

// understood reports whether no part of c is unknown.
func understood(c *logic.Cond) bool {
	return c.Op != logic.Unknown && !slices.ContainsFunc(c.Kids, func(k *logic.Cond) bool { return !understood(k) })
}

// madeOtherwise reports whether the tree may have another way to the object of a source: another source of that name, or a rule.
func madeOtherwise(tree fs.FS, name, object string) bool {
	stem := strings.TrimSuffix(name, path.Ext(name))
	if ext := path.Ext(path.Base(stem)); ext != "" { // foo.asn1.o, foo.tab.o, foo.dtb.o
		if others, _ := fs.Glob(tree, quoteGlob(strings.TrimSuffix(stem, ext))+".*"); len(others) > 0 {
			return true
		}
	}
	if others, _ := fs.Glob(tree, quoteGlob(stem)+".*"); slices.ContainsFunc(others, func(o string) bool { return path.Ext(o) != ".h" }) {
		return true
	}
	rule := regexp.MustCompile(`(?m)^[^#\n=]*(?:\b` + regexp.QuoteMeta(path.Base(stem)) + `|%[\w.-]*)\.(?:o|c|S|rs)\b[^\n=]*:`)
	looked := map[string]bool{}
	for _, dir := range []string{path.Dir(name), path.Dir(object)} {
		for ; dir != "." && !looked[dir]; dir = path.Dir(dir) {
			looked[dir] = true
			for _, file := range []string{"Makefile", "Kbuild"} {
				if text, err := readRegular(tree, path.Join(dir, file)); err == nil && rule.Match(text) {
					return true
				}
			}
		}
	}
	return false
}

var globQuoter = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

func quoteGlob(name string) string { return globQuoter.Replace(name) }
