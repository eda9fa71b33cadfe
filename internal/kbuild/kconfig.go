// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A definition is one config block of a Kconfig file.
type definition struct {
	file string
	line int
	// depends are the conditions that must all hold besides those of in: those of depends on.
	depends []string
	in      *block // nil outside of all blocks
	prompt  bool   // a person, or a fragment, can set it
	// tristate is whether it may be m.
	tristate bool
}

// A block is an if, menu or choice of a file, with its conditions and the block around it. Blocks can be nested as deep as
// a file is long, so definitions share them.
type block struct {
	outer   *block
	depends []string
}

// conditions returns all that must hold, the outermost first.
func (d *definition) conditions() []string {
	var all []string
	add := func(depends []string) {
		for _, condition := range slices.Backward(depends) {
			all = append(all, condition)
		}
	}
	add(d.depends)
	for b := d.in; b != nil; b = b.outer {
		add(b.depends)
	}
	slices.Reverse(all)
	return all
}

// kconfigs holds the definitions of a tree by symbol.
type kconfigs map[string][]definition

// maxKconfig bounds one Kconfig file; Linux's largest has 130 kB.
const maxKconfig = limit.KconfigBytes

// readKconfig reads all Kconfig files of the tree, those of other architectures than arch aside where
// that is not "". It is a reader for advice only: conf alone decides what a configuration is.
func readKconfig(ctx context.Context, tree fs.FS, arch string) (kconfigs, error) {
	k := kconfigs{}
	err := eachKconfig(ctx, tree, arch, k.parse)
	return k, err
}

// eachKconfig calls visit with each Kconfig file of a tree, as [readKconfig] has them.
func eachKconfig(ctx context.Context, tree fs.FS, arch string, visit func(name, text string)) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case d.IsDir() && (name == "Documentation" || name == "tools" || name == "scripts/kconfig" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case d.IsDir() && path.Dir(name) == "arch" && arch != "" && d.Name() != arch:
			return fs.SkipDir
		case !d.Type().IsRegular() || !strings.HasPrefix(d.Name(), "Kconfig"):
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > maxKconfig {
			return err
		}
		text, err := fs.ReadFile(tree, name)
		if err == nil {
			visit(name, string(text))
		}
		return err
	})
}

var (
	configRE = lazyregexp.New(`^(?:menu)?config\s+([A-Za-z0-9_]+)`)
	promptRE = lazyregexp.New(`^(?:prompt|bool|tristate|int|hex|string|def_\w+)\s+["']`)
)

// parse adds the definitions of one file.
func (k kconfigs) parse(name, text string) {
	var in *block // a menu gets its "depends on" lines later
	var current *definition
	inMenuHead, help := false, false
	indent := 0
	flush := func() { current, inMenuHead, help = nil, false, false }
	number := 0
	text = strings.ReplaceAll(text, "\x00", " ") // which stands for a line that goes on, below
	for raw := range strings.Lines(strings.ReplaceAll(text, "\\\n", "\x00")) {
		at := number + 1
		number += 1 + strings.Count(raw, "\x00")
		line := strings.Join(strings.Fields(strings.ReplaceAll(raw, "\x00", " ")), " ")
		if line == "" || line[0] == '#' {
			continue
		}
		depth := indentation(raw)
		if help {
			if indent == 0 {
				indent = depth
			}
			if depth >= indent && depth > 0 {
				continue
			}
			help = false
		}
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case configRE.MatchString(line):
			flush()
			symbol := configRE.FindStringSubmatch(line)[1]
			d := definition{file: name, line: at, in: in}
			k[symbol] = append(k[symbol], d)
			current = &k[symbol][len(k[symbol])-1]
		case word == "help":
			help, indent = true, 0
		case strings.HasPrefix(line, "depends on "):
			condition := strings.TrimPrefix(line, "depends on ")
			if current != nil {
				current.depends = append(current.depends, condition)
			} else if inMenuHead {
				in.depends = append(in.depends, condition)
			}
		case word == "if":
			flush()
			in = &block{in, []string{rest}}
		case word == "menu", word == "choice":
			flush()
			in, inMenuHead = &block{outer: in}, true
		case word == "endif", word == "endmenu", word == "endchoice":
			flush()
			if in != nil {
				in = in.outer
			}
		case word == "source", word == "comment":
			flush()
		case current != nil && (promptRE.MatchString(line) || word == "tristate" || word == "def_tristate"):
			current.prompt = current.prompt || promptRE.MatchString(line)
			current.tristate = current.tristate || word == "tristate" || word == "def_tristate"
		}
	}
}

// explain says in f why the symbol name has not the value want under the configuration got.
func (k kconfigs) explain(f *report.Finding, name, want string, got map[string]string) {
	defs := k[name]
	if len(defs) == 0 {
		f.Message = fmt.Sprintf("CONFIG_%s=%s did not stick: no Kconfig of this tree defines it", name, want)
		f.Hint = "is the series applied, and does a Kconfig that the tree sources have it?"
		return
	}
	f.File, f.Line = defs[0].file, defs[0].line
	var unmet []string
	for _, d := range defs {
		for _, condition := range d.conditions() {
			e := parseExpr(condition)
			if e.value(got) == no {
				unmet = append(unmet, e.unmet(got)...)
			}
		}
	}
	slices.Sort(unmet)
	unmet = slices.Compact(unmet)
	switch {
	case len(unmet) > 0:
		f.Message += "; it depends on " + strings.Join(unmet, ", ")
		f.Hint = "add what it depends on to the configuration fragment"
	case !slices.ContainsFunc(defs, func(d definition) bool { return d.prompt }):
		f.Message += "; it has no prompt, so only other symbols can set it"
		f.Hint = "find who selects it: grep -rn 'select " + name + "' in the Kconfig files"
	case cmp.Or(got[name], "n") != "n" && want == "n":
		f.Hint = "another symbol selects it"
	}
}

// indentation returns the column of a line's first character, with tabs of eight as conf has them.
func indentation(line string) int {
	n := 0
	for _, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n = n&^7 + 8
		default:
			return n
		}
	}
	return n
}
