// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

var symbolNameRE = lazyregexp.New(`^[A-Za-z0-9_]+$`)

// withoutModules says why nothing that a series touches is built as a module.
func withoutModules(b *seriesBuild) string {
	switch {
	case len(b.opts.Modules) == 0:
		return "nothing changed that is known to be able to be a module"
	case !b.makesKernel():
		return "no kernel is built that would export anything to it"
	}
	return ""
}

// noModule says that conf makes none of the drivers a module; of the base, that it has none of them.
const noModule = "no module can be made of it: something needs it to be y"

// asModules returns a script that makes the touched drivers modules of the same kernel. conf has the last word on which can
// be: a run of it takes half a minute on a slow machine, so the one that updates what the first asks is spared where there is nothing
// to update. What the kernel exports is what vmlinux.o has, so that, and not the whole kernel, is linked anew.
func asModules(l *looking) ([]string, error) {
	var names []string
	for _, name := range l.b.opts.Modules {
		if symbolNameRE.MatchString(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	const script = `
config=$1/.config && shift
sed -E "s/^CONFIG_($0)=y$/CONFIG_\1=m/" "$config" >"$config.m" && cat "$config.m" >"$config" && rm "$config.m" || exit
KCONFIG_NOSILENTUPDATE=1 "$@" syncconfig >/dev/null 2>&1 || "$@" olddefconfig || exit
grep -Eq "^CONFIG_($0)=m" "$config" || { echo "` + noModule + `"; exit 0; }
"$@" --keep-going --output-sync=target KBUILD_BUILTIN=y modules`
	args := []string{"sh", "-c", script, strings.Join(names, "|"), l.b.tc.OutPath(l.out)}
	return append(args, l.one.make(fmt.Sprintf("-j%d", l.b.opts.jobs()))...), nil
}

var (
	// moduleRE matches how modpost names a module, before and since Linux 7.
	moduleRE       = lazyregexp.New(`([\w./-]+)\.ko\b|missing MODULE_\w+\(\) in ([\w./-]+)\.o\b`)
	quotedSymbolRE = lazyregexp.New(`["']([A-Za-z_]\w*)["']`)
)

// placeModule gives a complaint of modpost about a module the place that uses the symbol it is about.
func (d *diagnoser) placeModule(f *report.Finding) {
	m := moduleRE.FindStringSubmatch(f.Message)
	if m == nil || d.user == nil {
		return
	}
	symbol := ""
	if q := quotedSymbolRE.FindStringSubmatch(f.Message); q != nil {
		symbol = q[1]
	}
	f.File, f.Line = d.user(m[1]+m[2], symbol)
}

// userOf returns the first line of a module's sources that names a symbol: of what the series writes beside the module, else
// of the source that the module is named after. Where none does it is that source, or what is written beside it, without a line.
func (b *builder) userOf(module, symbol string) (file string, line int) {
	named := sourcesOf(b.source, []string{module})
	files := named
	for _, name := range b.written() {
		switch path.Ext(name) {
		case ".c", ".h", ".rs", ".S":
			if path.Dir(name) == path.Dir(module) && !slices.Contains(files, name) {
				files = append([]string{name}, files...)
			}
		}
	}
	if len(files) == 0 {
		return "", 0
	}
	if symbol != "" {
		used := regexp.MustCompile(word(symbol))
		for _, name := range files {
			text, err := b.source.ReadFile(name)
			if at := used.FindIndex(text); err == nil && at != nil {
				return name, lineAt(text, at[0])
			}
		}
	}
	return append(named, files...)[0], 0
}
