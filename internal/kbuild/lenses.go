// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/evidence"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Lenses are all that there are.
var Lenses = [...]Lens{
	{Name: "w1", What: "the tree's own further warnings (W=1)", Cost: "a second compilation of each touched object", Cheap: true,
		applies: ext(".c", ".h"), objects: true, command: makeWith("W=1"), check: "build/new-extra-warning"},
	{Name: "kernel-doc", What: "comments that document a function, against what it is", Cost: "0.4 s", Cheap: true,
		needs: []string{"python3"}, applies: ext(".c", ".h"), command: kernelDoc},
	{Name: "rustfmt", What: "the layout of Rust", Cost: "a second", Cheap: true,
		needs: []string{"rustfmt"}, applies: ext(".rs"), command: rustfmt, says: "not laid out as rustfmt has it"},
	{Name: "headers", What: "public headers that do not compile alone, and did", Cost: "a second each", Cheap: true,
		applies: func(name string) bool { return publicHeader(name, "") }, command: headersAlone, clean: true},
	{Name: "sparse", What: "address spaces, endianness, locks (C=2)", Cost: "a second compilation of each touched object", Cheap: true,
		needs: []string{"sparse"}, applies: ext(".c", ".h"), objects: true, command: makeWith("C=2", "CF=-D__CHECK_ENDIAN__"), proof: "CHECK"},
	{Name: "modules", What: "touched drivers as modules: compiled with MODULE, their licence, and what the kernel exports to them", Cheap: true,
		Cost: "a second compilation of each touched object, and a run of conf", applies: ext(".c", ".h", ".S", ".rs"),
		when: withoutModules, command: asModules, proof: "MODPOST", builds: true},
	{Name: "clippy", What: "Rust's lints (CLIPPY=1)", Cost: "a minute for rust/kernel, seconds for a driver",
		needs: []string{"clippy-driver"}, applies: ext(".rs"), objects: true, command: makeWith("CLIPPY=1"), proof: "CLIPPY"},
	{Name: "rustdoc", What: "broken links and forms of Rust's documentation", Cost: "a minute or more",
		needs: []string{"rustdoc"}, applies: ext(".rs"), command: makeTarget("rustdoc"), proof: "RUSTDOC"},
	{Name: "analyzer", What: "paths through functions, by clang's analyzer", Cost: "ten times the compilation of each touched object",
		needs: []string{"clang$S"}, applies: ext(".c", ".h"), objects: true, command: analyzer},
	{Name: "coccinelle", What: "the tree's own semantic patches over touched files", Cost: "0.7 s a rule, some fifty rules a file",
		needs: []string{"spatch"}, applies: ext(".c"), command: coccinelle},
	{Name: "dt", What: "devicetree bindings against their schema", Cost: "a minute or more",
		needs: []string{"dt-doc-validate"}, applies: isBinding, command: bindings, proof: "DTEX"},
}

func ext(endings ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(endings, path.Ext(name)) && kernelFile(name) }
}

// kernelFile reports whether a file may be part of a kernel.
func kernelFile(name string) bool {
	for _, top := range []string{"tools/", "scripts/", "Documentation/", "usr/"} {
		if strings.HasPrefix(name, top) {
			return false
		}
	}
	return true
}

func isBinding(name string) bool {
	return strings.HasPrefix(name, "Documentation/devicetree/bindings/") && path.Ext(name) == ".yaml"
}

// makeWith has make build the objects anew, with variables.
func makeWith(vars ...string) func(*looking) ([]string, error) {
	return func(l *looking) ([]string, error) {
		// Other flags would have prepare, and with it the bindings and crates of Rust, made anew: two
		// minutes. With O= the make below loses -o, so this one starts in the output folder.
		args := []string{"make", "-C", l.b.tc.OutPath(l.out), "-f", l.b.tc.SourcePath(l.src) + "/Makefile", "--no-print-directory",
			"-o", "prepare", "-o", "prepare0", "LLVM=" + l.b.survey.LLVM, "--keep-going", "--output-sync=target", fmt.Sprintf("-j%d", l.b.opts.jobs())}
		return slices.Concat(args, vars, l.b.arch.vars(), l.b.opts.Vars, l.names), nil
	}
}

// makeTarget has make build one target.
func makeTarget(target string) func(*looking) ([]string, error) {
	return func(l *looking) ([]string, error) {
		return l.one.makeTargets(target), nil
	}
}

func bindings(l *looking) ([]string, error) {
	return l.one.make("--keep-going", "--output-sync=target", "DT_SCHEMA_FILES="+strings.Join(l.names, ":"), "dt_binding_check"), nil
}

// script returns a shell script that runs body for each name, in the source, or with out in the output folder,
// as $1, and says for which it ended with a status up to good.
func script(l *looking, body string, good int, names ...string) []string {
	text := fmt.Sprintf(`for f; do set -- "$f"; { %s; } 2>&1; [ $? -gt %d ] || printf '\n  LENS    %%s\n' "$f"; done`, body, good)
	return append([]string{"sh", "-c", "cd " + l.b.tc.SourcePath(l.src) + " && " + text, "lens"}, names...)
}

func kernelDoc(l *looking) ([]string, error) {
	const find = `p=; for d in tools/docs/kernel-doc scripts/kernel-doc; do [ -f "$d" ] && p=$d && break; done; ` +
		`[ "$p" ] || { echo "the tree has no kernel-doc"; exit 1; }; PYTHONDONTWRITEBYTECODE=1 "./$p" -none "$1"`
	return script(l, find, 125, l.names...), nil
}

func rustfmt(l *looking) ([]string, error) {
	return script(l, `rustfmt --check --edition 2021 "$1"`, 1, l.names...), nil
}

// coccinelle runs each rule of the tree that can report.
func coccinelle(l *looking) ([]string, error) {
	const body = `find scripts/coccinelle -name '*.cocci' | sort | while read -r rule; do grep -q '^virtual report' "$rule" || continue; ` +
		`timeout 60 spatch -D report --no-show-diff --very-quiet --no-includes --cocci-file "$rule" "$1" 2>/dev/null; done`
	return script(l, body, 0, l.names...), nil
}

// replay returns a script that runs, for each object, what becomes of its saved command.
func replay(l *looking, objects []string, change func(line string) (string, bool)) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "cd %s\n", l.b.tc.OutPath(l.out))
	n := 0
	for _, object := range objects {
		line, ok := savedCommand(l.one.dir, object)
		if !ok {
			continue
		}
		if line, ok = change(line); ok {
			n++
			fmt.Fprintf(&b, "( %s ) 2>&1\n[ $? -gt 1 ] || printf '\\n  LENS    %%s\\n' '%s'\n", line, strings.ReplaceAll(object, "'", ""))
		}
	}
	if n == 0 {
		return nil
	}
	return []string{"sh", "-c", b.String(), "lens"}
}

func analyzer(l *looking) ([]string, error) {
	return replay(l, l.names, func(line string) (string, bool) {
		return evidence.Instead(line, "--analyze -Xclang -analyzer-output=text -o /dev/null")
	}), nil
}

// headersAlone compiles each header alone, as any source would include it.
func headersAlone(l *looking) ([]string, error) {
	command := firstCommand(l.one.dir, samples[:])
	var b strings.Builder
	fmt.Fprintf(&b, "cd %s\n", l.b.tc.OutPath(l.out))
	n := 0
	for _, name := range l.names {
		if check, _, ok := evidence.Include(command, l.b.tc.SourcePath(l.src)+"/"+name); ok {
			n++
			fmt.Fprintf(&b, "printf '  LENS    %%s\\n' '%s'\n( %s ) 2>&1\n", name, check)
		}
	}
	if n == 0 {
		return nil, nil
	}
	return []string{"sh", "-c", b.String(), "lens"}, nil
}

// lensStep runs the command of a lens and returns what it says. A failure is no complaint: why tells of it
// where nothing was said.
func (b *builder) lensStep(ctx context.Context, args []string) (said []Complaint, why string, err error) {
	d := newDiagnoser(b)
	defer b.progress.beat()()
	args = append([]string{"sh", "-c", `exec "$0" "$@" 2>&1`}, args...) // one pipe, as in stepScript
	_, err = b.tc.Output(ctx, Cmd{Args: args, Source: b.src, Out: b.out, Tee: b.tee(d), Limits: b.opts.Limits})
	said = d.finish()
	b.lastWords = strings.Join(d.tail, "\n")
	var failed *run.Error
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case !errors.As(err, &failed):
		return nil, err.Error(), nil // a limit
	}
	return said, "", nil
}
