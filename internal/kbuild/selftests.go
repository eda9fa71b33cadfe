// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// SelftestDir is where a tree has the folders of its kselftests.
const SelftestDir = "tools/testing/selftests"

// A Selftest is one folder of kselftests, built.
type Selftest struct {
	// Name is that of the folder below [SelftestDir].
	Name string
	// Dir is the folder of this machine with all that its tests need, and Programs are the names of
	// those to run there.
	Dir      string
	Programs []string
	// Timeout is what its file settings has for one program; 0 for none.
	Timeout time.Duration
}

// selftestScript builds folders of selftests without shared libraries, for a guest that has none. One
// that does not build does not keep the others.
const selftestScript = `out=$1 llvm=$2 jobs=$3
shift 3
mkdir -p "$out/headers" || exit
make -s --no-print-directory LLVM="$llvm" ARCH=x86 O="$out/headers" headers || exit
for name; do
	mkdir -p "$out/build/$name"
	set -- make -s -C tools/testing/selftests/"$name" LLVM="$llvm" OUTPUT="$out/build/$name" INSTALL_PATH="$out/tests/$name" \
		KHDR_INCLUDES="-isystem $out/headers/usr/include" USERLDFLAGS=-static COLLECTION="$name"
	"$@" -k -j"$jobs" install >"$out/$(echo "$name" | tr / _).log" 2>&1 && "$@" emit_tests >"$out/$(echo "$name" | tr / _).list"
done
rm -rf "$out/headers" "$out/build"
exit 0`

// Selftests builds folders of kselftests of the patched tree with the toolchain, static, for x86. They are
// kept, and shared by all series that change nothing of what they are made of. One that does not build
// is a finding. The paths are safe until [SeriesResult.Close].
func (r *SeriesResult) Selftests(ctx context.Context, names []string) ([]Selftest, []report.Finding, error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	b := r.series
	parts := []string{cacheFormat, b.BaseKey, b.toolsKey(), fmt.Sprintf("%q", names)}
	changes, err := b.last().Changes()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range changes {
		if readByTests(c.Path) {
			parts = append(parts, fmt.Sprintf("%q %o %s", c.Path, c.Mode, c.Hash))
		}
	}
	want := Entry{Kind: "tests", Key: keyOf(parts...), Title: "the selftests " + strings.Join(names, ", ") + " of " + b.Title, Below: b.source.Nonce}
	e, err := b.Series.Cache.get(ctx, want, b.progress.say, func(e *Entry) error {
		b.progress.say("building the selftests " + strings.Join(names, ", "))
		out := Folder{Dir: e.path("out")}
		if err := os.MkdirAll(out.Dir, 0o755); err != nil {
			return err
		}
		if err := b.own(out.Dir); err != nil {
			return err
		}
		args := append([]string{"sh", "-c", selftestScript, "selftests", b.tc.OutPath(out), b.survey.LLVM, strconv.Itoa(b.opts.jobs())}, names...)
		_, err := b.tc.Output(ctx, Cmd{Args: args, Source: r.src, Out: out})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("building selftests: %w", err)
	}
	b.kept = append(b.kept, e)
	dir, err := below.Open(e.path("out"))
	if err != nil {
		return nil, nil, err
	}
	defer dir.Close()
	var res []Selftest
	var findings []report.Finding
	for _, name := range names {
		test := Selftest{Name: name, Dir: e.path("out/tests/" + name)}
		flat := strings.ReplaceAll(name, "/", "_")
		list, err := dir.ReadFile(flat + ".list")
		if err != nil {
			log, _ := dir.ReadFile(flat + ".log") // without one there is no detail
			findings = append(findings, unbuilt(name, string(log), slices.ContainsFunc(changes, func(c tree.Change) bool { return readByTests(c.Path) })))
			continue
		}
		for lines := bufio.NewScanner(strings.NewReader(string(list))); lines.Scan(); {
			if _, program, ok := strings.Cut(lines.Text(), ":"); ok && path.Base(program) == program {
				test.Programs = append(test.Programs, program)
			}
		}
		settings, _ := dir.ReadFile("tests/" + name + "/settings") // most have none
		test.Timeout = timeoutOf(string(settings))
		res = append(res, test)
	}
	return res, findings, nil
}

// readByTests reports whether selftests are made of the file.
func readByTests(name string) bool {
	return strings.HasPrefix(name, "tools/") || strings.Contains(name, "/uapi/") || name == "Makefile" || strings.HasPrefix(name, "scripts/")
}

// unbuilt tells of selftests that do not build: the series' fault where it changes what they are made of.
func unbuilt(name, log string, changed bool) report.Finding {
	f := report.Finding{Check: "build/selftest", Severity: report.Warning, Message: "the selftests " + name + " do not build",
		File: path.Join(SelftestDir, name, "Makefile"), Hint: "they may need a library that the toolchain does not have, or have only shared ones"}
	if changed {
		f.Severity, f.Hint = report.Error, ""
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	f.Detail = strings.Join(lines[max(0, len(lines)-30):], "\n")
	for _, line := range lines {
		if strings.Contains(line, "error:") || strings.Contains(line, "undefined reference") || strings.Contains(line, "cannot find -l") {
			f.Message += ": " + strings.TrimSpace(line)
			break
		}
	}
	return f
}

// timeoutOf reads the line timeout=SECONDS of a file settings.
func timeoutOf(settings string) time.Duration {
	for line := range strings.Lines(settings) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "timeout="); ok {
			if n, err := strconv.Atoi(value); err == nil && n > 0 && n < 7200 {
				return time.Duration(n) * time.Second
			}
		}
	}
	return 0
}
