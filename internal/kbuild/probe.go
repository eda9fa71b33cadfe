// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// Status says whether a tool will do.
type Status string

// The states of a tool.
const (
	OK      Status = "ok"
	Missing Status = "missing"
	TooOld  Status = "too old"
)

// A Tool is one program, or library, that building a kernel takes.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	// Minimum is what the tree asks for, or "" where it says nothing.
	Minimum string `json:"minimum,omitempty"`
	Status  Status `json:"status"`
	// Hint says how to get it, where the status is not OK.
	Hint string `json:"hint,omitempty"`
}

// A Survey is what [Probe] found.
type Survey struct {
	// LLVM is the value of make's LLVM variable: "-19", "1", or "" where there is no usable LLVM.
	LLVM      string `json:"llvm"`
	Isolation string `json:"isolation"`
	Tools     []Tool `json:"tools"`
	// Rust is whether the configuration asks for Rust, so that its tools count.
	Rust bool `json:"rust"`
	// RustAvailable is the verdict of the tree's own "make rustavailable", RustSays what that
	// wrote; it is not asked without Rust, nor where a tool that it needs is missing.
	RustAvailable bool   `json:"rust_available"`
	RustSays      string `json:"rust_says,omitempty"`
}

// Isolated reports whether a build is kept apart from this machine at all.
func (s *Survey) Isolated() bool { return s.Isolation != "none" }

// Err returns nil where s is fit to build a kernel, with Rust where that counts, else an error with a
// hint that names what is missing or too old.
func (s *Survey) Err() error {
	err := s.toolsErr()
	if err == nil && s.Rust && !s.RustAvailable {
		err = hint.Wrap(fmt.Errorf("toolchain: make rustavailable: %s", firstWords(s.RustSays)), rootHint)
	}
	return err
}

// toolsErr is Err without the word of the tree's make.
func (s *Survey) toolsErr() error {
	bad := s.toolsLacking(s.Rust)
	if len(bad) == 0 {
		return nil
	}
	return hint.Wrap(fmt.Errorf("toolchain: %s", strings.Join(bad, "; ")), rootHint)
}

func (s *Survey) toolsLacking(rust bool) []string {
	var bad []string
	for _, t := range s.Tools {
		if t.ForRust() && !rust {
			continue
		}
		switch t.Status {
		case Missing:
			bad = append(bad, t.Name+" is missing")
		case TooOld:
			bad = append(bad, fmt.Sprintf("%s %s is older than the tree's minimum %s", t.Name, t.Version, t.Minimum))
		}
	}
	return bad
}

// Lacks returns what misses to build a series, with Rust or without; nil for nothing.
func (s *Survey) Lacks(rust bool) []string {
	bad := s.toolsLacking(rust)
	if rust && len(bad) == 0 && !s.RustAvailable {
		bad = append(bad, "make rustavailable: "+firstWords(s.RustSays))
	}
	return bad
}

// ForRust reports whether only Rust needs the tool.
func (t *Tool) ForRust() bool {
	i := slices.IndexFunc(needs[:], func(n need) bool { return n.name == t.Name })
	return i >= 0 && needs[i].rust()
}

// firstWords returns the first paragraph of a message that the kernel's scripts frame with stars.
func firstWords(s string) string {
	var words []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "*"))
		if line == "" && len(words) > 0 {
			break
		}
		if line != "" && !strings.HasPrefix(line, "make") {
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

// need is a tool to ask for. In ask, $S is the suffix of LLVM's programs.
type need struct {
	name, ask string
	// minimum is the name that min-tool-version.sh, else the command that changes.rst knows.
	minimum string
	pkg     string
}

var needs = [...]need{
	{"make", "make --version", "make", "make"},
	{"flex", "flex --version", "flex", "flex"},
	{"bison", "bison --version", "bison", "bison"},
	{"bc", "bc --version", "bc", "bc"},
	{"perl", "perl -e 'printf qq(%vd\n), $^V'", "perl", "perl"},
	{"clang", "clang$S --version", "llvm", "clang-19"},
	{"ld.lld", "ld.lld$S --version", "llvm", "lld-19"},
	{"llvm tools", "llvm-nm$S --version | grep version && llvm-ar$S --version && " +
		"llvm-objcopy$S --version && llvm-readelf$S --version && llvm-strip$S --version", "llvm", "llvm-19"},
	{"libelf", `for cc in clang$S cc; do echo "#include <gelf.h>" | $cc -E -o /dev/null - && echo 0 && break; done`, "", "libelf-dev"},
	{"rustc", "rustc --version", "rustc", "rustc"},
	{"rust-src", "test -f \"$(rustc --print sysroot)/lib/rustlib/src/rust/library/core/src/lib.rs\" && rustc --version",
		"rustc", "rust-src"},
	// The argument is for bindgen 0.69.0, which fails without one.
	{"bindgen", "bindgen --version workaround-for-0.69.0", "bindgen", "bindgen"},
}

// rust reports whether only Rust needs the tool.
func (n *need) rust() bool { return strings.HasPrefix(n.name, "rust") || n.name == "bindgen" }

// llvmScript prints "SUFFIX<tab>version line" for each clang of PATH with its ld.lld and llvm-nm.
const llvmScript = `IFS=:
for dir in $PATH; do
	for clang in "$dir"/clang "$dir"/clang-[0-9] "$dir"/clang-[0-9][0-9]; do
		[ -x "$clang" ] || continue
		suffix=${clang##*/clang}
		command -v "ld.lld$suffix" >/dev/null && command -v "llvm-nm$suffix" >/dev/null || continue
		printf '%s\t%s\n' "$suffix" "$("$clang" --version | head -n 1)"
	done
done
`

// Probe looks at the tools that would build the Linux tree src, holds them against the minima that
// the tree itself names (scripts/min-tool-version.sh, Documentation/process/changes.rst) and asks
// its "make rustavailable".
//
// Tools that do not do are no error here: see [Survey.Err]. An src that is no Linux tree is.
func (t *Toolchain) Probe(ctx context.Context, src string) (*Survey, error) {
	source, err := Folder{Dir: src}.open(-1)
	if err != nil {
		return nil, hint.Wrap(err, "name the top folder of a Linux tree")
	}
	defer source.close()
	s, err := t.survey(ctx, source, "", true)
	if err != nil || s.toolsErr() != nil {
		return s, err
	}
	return s, t.rustAvailable(ctx, Folder{Dir: src}, s)
}

// knownSurvey is survey for a toolchain that a look at the same packages for the same tree is kept of, in
// the folder dir: asking each tool takes seconds.
func (t *Toolchain) knownSurvey(ctx context.Context, dir string, source fs.FS, llvm string, rust bool) (*Survey, error) {
	installed, err := os.Stat(filepath.Join("/", t.Root(), "var/lib/dpkg/status"))
	if err != nil || t.Root() == "" || dir == "" {
		return t.survey(ctx, source, llvm, rust) // nothing says when it changes
	}
	parts := []string{cacheFormat, t.Root(), t.Isolation(), llvm, fmt.Sprint(rust, installed.Size(), installed.ModTime().UnixNano(), needs)}
	for _, name := range []string{"scripts/min-tool-version.sh", "Documentation/process/changes.rst"} {
		text, _ := fs.ReadFile(source, name) // survey tells of one that misses
		parts = append(parts, string(text))
	}
	name := filepath.Join(dir, "survey-"+keyOf(parts...)+".json")
	s := &Survey{}
	if data, err := os.ReadFile(name); err == nil && json.Unmarshal(data, s) == nil {
		return s, nil
	}
	if s, err = t.survey(ctx, source, llvm, rust); err != nil || s.toolsErr() != nil {
		return s, err
	}
	data, err := json.Marshal(s)
	if err != nil || os.MkdirAll(dir, 0o755) != nil {
		return s, err
	}
	// Where it cannot be kept the next build asks again.
	if os.WriteFile(name+".new", data, 0o644) == nil {
		_ = os.Rename(name+".new", name)
	}
	return s, nil
}

// survey looks at all tools. Of the tree it needs only two files.
func (t *Toolchain) survey(ctx context.Context, source fs.FS, llvm string, rust bool) (*Survey, error) {
	script, err := fs.ReadFile(source, "scripts/min-tool-version.sh")
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("this is not a Linux tree: %w", err), "name the top folder of a Linux tree, 5.11 or later")
	}
	s := &Survey{LLVM: llvm, Isolation: t.Isolation(), Rust: rust}
	minima, err := t.minima(ctx, source, script)
	if err != nil {
		return nil, err
	}
	if s.LLVM == "" {
		if s.LLVM, err = t.findLLVM(ctx); err != nil {
			return nil, err
		}
	}
	answers, err := t.ask(ctx, nil, "S="+llvmSuffix(s.LLVM), questions())
	if err != nil {
		return nil, err
	}
	for i, n := range needs {
		s.Tools = append(s.Tools, n.judge(answers[i], minima[n.minimum]))
	}
	return s, nil
}

func questions() []string {
	var qs []string
	for _, n := range needs {
		qs = append(qs, n.ask)
	}
	return qs
}

// judge holds the answer of a tool against the tree's minimum.
func (n *need) judge(answer, minimum string) Tool {
	t := Tool{Name: n.name, Version: findVersion(answer), Minimum: minimum, Status: OK}
	switch {
	case t.Version == "":
		t.Status = Missing
	case n.minimum == "":
		t.Version = "" // it has none that we know of
	case minimum != "" && compareVersions(t.Version, minimum) < 0:
		t.Status = TooOld
	}
	if t.Status != OK {
		t.Hint = "Debian package " + n.pkg + ", from trixie or later"
	}
	return t
}

// llvmSuffix returns what LLVM=value puts behind the names of LLVM's programs.
func llvmSuffix(value string) string {
	if strings.HasPrefix(value, "-") {
		return value
	}
	return ""
}

// findLLVM returns the value of LLVM for the newest complete LLVM of PATH, or "".
func (t *Toolchain) findLLVM(ctx context.Context) (string, error) {
	out, err := t.Output(ctx, Cmd{Args: []string{"sh", "-c", llvmScript}})
	var failed *run.Error
	if err != nil && (!errors.As(err, &failed) || failed.ExitCode < 0) {
		return "", err
	}
	best, version := "", ""
	for line := range strings.Lines(string(out)) {
		suffix, answer, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if answer == "" { // no suffix: TrimSpace took the tab
			suffix, answer = "1", suffix
		}
		if v := findVersion(answer); best == "" || compareVersions(v, version) > 0 {
			best, version = suffix, v
		}
	}
	return best, nil
}

// minima returns the minimal versions that the tree names, by the names of [need].
func (t *Toolchain) minima(ctx context.Context, source fs.FS, script []byte) (map[string]string, error) {
	rst, err := fs.ReadFile(source, "Documentation/process/changes.rst")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	minima := changesMinima(string(rst))
	names := []string{"llvm", "rustc", "bindgen"}
	var qs []string
	for _, name := range names {
		qs = append(qs, "sh \"$d/min-tool-version.sh\" "+name)
	}
	answers, err := t.ask(ctx, script, "SRCARCH=x86 ARCH=x86", qs)
	for i, name := range names {
		minima[name] = findVersion(answers[i])
	}
	return minima, err
}

// ask runs the shell commands and returns the first line that each printed, "" where it failed. They
// have the file min-tool-version.sh in a folder that vanishes.
func (t *Toolchain) ask(ctx context.Context, file []byte, vars string, commands []string) ([]string, error) {
	var script strings.Builder
	script.WriteString("d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT && cat >\"$d/min-tool-version.sh\" || exit 1\nexport " + vars + "\n")
	for i, c := range commands {
		// The answer counts only where the command ends well.
		fmt.Fprintf(&script, "a=$({ %s; } 2>/dev/null) && printf '%d\\t%%s\\n' \"$(printf '%%s' \"$a\" | head -n 1)\"\n", c, i)
	}
	script.WriteString("exit 0\n")
	answers := make([]string, len(commands))
	out, err := t.Output(ctx, Cmd{Args: []string{"sh", "-c", script.String()}, Stdin: bytes.NewReader(file)})
	for line := range strings.Lines(string(out)) {
		number, answer, _ := strings.Cut(strings.TrimSpace(line), "\t")
		for i := range answers {
			if number == fmt.Sprint(i) {
				answers[i] = answer
			}
		}
	}
	return answers, err
}

// rustAvailable asks the tree's make, with an output folder that is thrown away.
func (t *Toolchain) rustAvailable(ctx context.Context, src Folder, s *Survey) error {
	script := `dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT && make --no-print-directory "LLVM=$0" "O=$dir" rustavailable`
	var both bytes.Buffer
	_, err := t.Output(ctx, Cmd{Args: []string{"sh", "-c", script, s.LLVM}, Source: src, Tee: &both,
		Limits: sandbox.Limits{Time: 5 * time.Minute, Output: 1 << 20}})
	s.RustAvailable, s.RustSays = err == nil, strings.TrimSpace(both.String())
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 {
		return nil // that is its answer
	}
	return err
}
