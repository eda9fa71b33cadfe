// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/report"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

//go:embed rust-lsm.config
var rustLSMConfig string

// A Fragment is a piece of a .config: lines "CONFIG_X=value" and "# CONFIG_X is not set".
type Fragment struct {
	Name string // for messages
	Text string
}

// RustLSM returns the fragment that the Rust LSM sample needs to be built, and to be booted by
// package boot.
func RustLSM() Fragment { return Fragment{"rust-lsm.config", rustLSMConfig} }

var (
	setRE   = regexp.MustCompile(`^CONFIG_([A-Za-z0-9_]+)=(.*)$`)
	unsetRE = regexp.MustCompile(`^# CONFIG_([A-Za-z0-9_]+) is not set$`)
)

// parseConfig returns the symbols of a .config or a fragment, without CONFIG_; "n" for one that
// is said not to be set.
func parseConfig(text string) map[string]string {
	symbols := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := setRE.FindStringSubmatch(line); m != nil {
			symbols[m[1]] = m[2]
		} else if m := unsetRE.FindStringSubmatch(line); m != nil {
			symbols[m[1]] = "n"
		}
	}
	return symbols
}

// stateDir holds what we keep in the output folder, beside make's own files.
const stateDir = ".lsmpatch"

// configure writes .config in the output folder: the base target, then the fragments, then
// olddefconfig. A .config that would be the same is left alone, since make rebuilds by its age.
// It returns findings for the symbols that did not stick, and for a Kconfig that does not parse.
func (b *builder) configure(ctx context.Context) ([]report.Finding, error) {
	names, err := b.writeFragments()
	if err != nil {
		return nil, err
	}
	state := b.tc.OutPath(b.out) + "/" + stateDir
	next := state + "/config"
	env := []string{"KCONFIG_CONFIG=" + next}
	merge := []string{"sh", b.tc.SourcePath(b.src) + "/scripts/kconfig/merge_config.sh", "-m", "-O", state, next}
	for _, name := range names {
		merge = append(merge, state+"/"+name)
	}
	// Without the old file: conf would keep its values where the base target says nothing.
	if err := b.dir.Remove(stateDir + "/config"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, args := range [][]string{b.make(b.opts.base()), merge, b.make("olddefconfig")} {
		findings, err := b.runStep(ctx, args, env)
		if err != nil || report.AnyError(findings) {
			return findings, err
		}
	}
	text, err := b.adopt(stateDir+"/config", ".config")
	if err != nil {
		return nil, err
	}
	return b.stuck(ctx, parseConfig(text))
}

// writeFragments puts the fragments into the state folder and returns their names there.
func (b *builder) writeFragments() ([]string, error) {
	if err := b.dir.MkdirAll(stateDir, 0o777); err != nil {
		return nil, err
	}
	var names []string
	for i, f := range b.opts.fragments() {
		name := fmt.Sprintf("fragment-%d.config", i+1)
		if err := b.dir.WriteFile(stateDir+"/"+name, []byte(f.Text), 0o666); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// adopt copies the file from to the file to, unless they are the same, and returns the text.
func (b *builder) adopt(from, to string) (string, error) {
	text, err := b.dir.ReadFile(from)
	if err != nil {
		return "", err
	}
	if old, err := b.dir.ReadFile(to); err == nil && bytes.Equal(old, text) {
		return string(text), nil
	}
	return string(text), b.dir.WriteFile(to, text, 0o666)
}

// stuck compares what the fragments ask for with the .config that came out.
func (b *builder) stuck(ctx context.Context, got map[string]string) ([]report.Finding, error) {
	type symbol struct{ name, want, fragment string }
	var lost []symbol
	wanted := map[string]symbol{}
	for _, f := range b.opts.fragments() {
		for name, want := range parseConfig(f.Text) {
			wanted[name] = symbol{name, want, f.Name}
		}
	}
	for name, s := range wanted {
		if s.want != cmp.Or(got[name], "n") {
			lost = append(lost, s)
		}
	}
	if len(lost) == 0 {
		return nil, nil
	}
	slices.SortFunc(lost, func(a, b symbol) int { return cmp.Compare(a.name, b.name) })
	kconfig, err := readKconfig(ctx, os.DirFS(b.src), srcArch)
	if err != nil {
		return nil, err
	}
	var findings []report.Finding
	for _, s := range lost {
		f := report.Finding{Check: "build/config", Severity: report.Error,
			Message: fmt.Sprintf("CONFIG_%s=%s of %s did not stick: it is %s after olddefconfig",
				s.name, s.want, s.fragment, cmp.Or(got[s.name], "n"))}
		kconfig.explain(&f, s.name, s.want, got)
		findings = append(findings, f)
	}
	return findings, nil
}

// runStep runs one command of the build and returns what it complained about. A failure that it
// complained about is no error.
func (b *builder) runStep(ctx context.Context, args, env []string) ([]report.Finding, error) {
	d := newDiagnoser(b)
	_, err := b.tc.Output(ctx, Cmd{Args: args, Source: b.src, Out: b.out, Env: env, Tee: b.tee(d)})
	findings := d.finish()
	if err == nil {
		return findings, nil
	}
	var failed *run.Error
	if ctx.Err() != nil || !errors.As(err, &failed) || failed.ExitCode <= 0 {
		return findings, err
	}
	if ours := d.ours(); ours != nil {
		return findings, ours
	}
	if !report.AnyError(findings) {
		findings = append(findings, d.unexplained(args))
	}
	return findings, nil
}
