// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

var (
	//go:embed boot.config
	bootConfig string
	//go:embed rust-lsm.config
	rustLSMConfig string
)

// A Fragment is a piece of a .config: lines "CONFIG_X=value" and "# CONFIG_X is not set".
type Fragment struct {
	Name string // for messages
	Text string
	// Loose asks for what the tree has of it: what does not stick is not told.
	Loose bool
}

// RustLSM returns the fragment that the Rust LSM sample needs to be built, and to be booted by
// package boot.
func RustLSM() Fragment {
	return Fragment{Name: "rust-lsm.config", Text: bootConfig + arches[0].config + rustLSMConfig}
}

// DefaultFragments returns the fragments for a tree: what a kernel needs to be booted by package boot, and the
// Rust LSM sample where the tree has it. touched are the files that a series changes, nil where nothing
// is known of that: one that touches neither Rust nor the sample's folder needs neither. archName is as in
// [Options].
func DefaultFragments(tree fs.FS, touched []string, archName string) []Fragment {
	a, err := archOf(archName)
	if err != nil {
		a = &arches[0] // it is told where something is to be built
	}
	config := bootConfig + a.config
	home := homeOfRustLSM(tree)
	rust := slices.ContainsFunc(touched, needsRust)
	inHome := func(name string) bool { return home != "" && path.Dir(name) == home }
	if home != "" && (touched == nil || rust || slices.ContainsFunc(touched, inHome)) {
		return []Fragment{{Name: "rust-lsm.config", Text: config + rustLSMConfig}}
	}
	boot := Fragment{Name: "boot.config", Text: config}
	if rust {
		boot.Text += "CONFIG_RUST=y\n"
	}
	return []Fragment{boot}
}

// needsRust reports whether a file of the kernel is compiled only with Rust.
func needsRust(name string) bool {
	return path.Ext(name) == ".rs" && !strings.HasPrefix(name, "scripts/") && !strings.HasPrefix(name, "tools/") ||
		strings.HasPrefix(name, "rust/")
}

// homeOfRustLSM returns the folder whose Kconfig defines the sample's symbol, or "".
func homeOfRustLSM(tree fs.FS) string {
	for _, pattern := range []string{"security/Kconfig", "security/*/Kconfig"} {
		names, _ := fs.Glob(tree, pattern) // a bad pattern is the only error
		for _, name := range names {
			text, err := fs.ReadFile(tree, name)
			if err == nil && strings.Contains(string(text), "config SECURITY_RUST_LSM\n") {
				return path.Dir(name)
			}
		}
	}
	return ""
}

// wantsRust reports whether the fragments ask for Rust.
func wantsRust(fragments []Fragment) bool {
	for _, f := range slices.Backward(fragments) {
		if value, ok := symbols.ParseConfig(f.Text)["RUST"]; ok {
			return value == "y"
		}
	}
	return false
}

// stateDir holds what we keep in the output folder, beside make's own files.
const stateDir = ".lsmpatch"

// configure writes .config in the output folder: the base, then the fragments, then olddefconfig.
// A .config that would be the same is left alone, since make rebuilds by its age, and where nothing
// that it comes from has changed, conf does not even run. It returns findings for the symbols
// that did not stick, and for a Kconfig that does not parse.
func (b *builder) configure(ctx context.Context) ([]Complaint, error) {
	stamp := b.configStamp()
	if text, ok := b.fresh(stamp); ok {
		return b.stuck(ctx, symbols.ParseConfig(text))
	}
	complaints, err := b.runConf(ctx)
	if err != nil || anyError(complaints) {
		return complaints, err
	}
	text, err := b.adopt(stateDir+"/config", ".config")
	if err != nil {
		return complaints, err
	}
	if err := b.dir.WriteFile(stampFile, []byte(stamp+"\n"+text)); err != nil {
		return complaints, err
	}
	lost, err := b.stuck(ctx, symbols.ParseConfig(text))
	return append(complaints, lost...), err
}

// runConf makes the configuration as a file of the state folder.
func (b *builder) runConf(ctx context.Context) ([]Complaint, error) {
	// An empty file: conf would keep the old one's values where the base says nothing.
	if err := b.dir.WriteFile(stateDir+"/config", nil); err != nil {
		return nil, err
	}
	names, err := b.writeFragments()
	if err != nil {
		return nil, err
	}
	state := b.tc.OutPath(b.out) + "/" + stateDir
	next := state + "/config"
	env := []string{"KCONFIG_CONFIG=" + next}
	base, baseEnv, err := b.base(state)
	if err != nil {
		return nil, err
	}
	merge := []string{"sh", b.tc.SourcePath(b.src) + "/scripts/kconfig/merge_config.sh", "-m", "-O", state, next}
	for _, name := range names {
		merge = append(merge, state+"/"+name)
	}
	var all []Complaint
	for _, step := range []struct{ args, env []string }{
		{b.make(base), append(baseEnv, env...)}, {merge, env}, {b.make("olddefconfig"), env},
	} {
		complaints, err := b.runStep(ctx, step.args, step.env)
		all = append(all, complaints...)
		if err != nil || anyError(complaints) {
			return all, err
		}
	}
	return all, nil
}

// base returns the target to start from, with its environment. tinyconfig is made as what it
// comes to, allnoconfig with the values of three files: by itself it runs conf twice, for 30 s.
func (b *builder) base(state string) (target string, env []string, err error) {
	if b.opts.Base != "" && b.opts.Base != "tinyconfig" {
		return b.opts.Base, nil, nil
	}
	var values []byte
	for _, name := range []string{"kernel/configs/tiny-base.config", "kernel/configs/tiny.config",
		"arch/" + b.arch.src + "/configs/tiny.config"} {
		text, err := b.source.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", nil, err
		}
		values = append(values, text...)
	}
	err = b.dir.WriteFile(stateDir+"/tiny.config", values)
	return "allnoconfig", []string{"KCONFIG_ALLCONFIG=" + state + "/tiny.config"}, err
}

const stampFile = stateDir + "/config.stamp"

// configStamp names all that a configuration comes from, apart from the tree's Kconfig files.
func (b *builder) configStamp() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q %q %q\n", b.arch.name, b.opts.base(), b.opts.Vars, b.survey.LLVM, b.tc.Root())
	for _, t := range b.survey.Tools {
		fmt.Fprintf(h, "%q %q\n", t.Name, t.Version)
	}
	for _, f := range b.fragments {
		fmt.Fprintf(h, "%q\n", f.Text)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// fresh returns the text of .config, where it is still what stamp stands for: as we wrote it, with
// no Kconfig file changed since.
func (b *builder) fresh(stamp string) (text string, ok bool) {
	stamped, err := b.dir.ReadFile(stampFile)
	info, err2 := b.dir.Stat(stampFile)
	config, err3 := b.dir.ReadFile(".config")
	deps, err4 := b.dir.ReadFile("include/config/auto.conf.cmd") // make writes it, with the files that conf read
	if errors.Join(err, err2, err3, err4) != nil || string(stamped) != stamp+"\n"+string(config) {
		return "", false
	}
	_, list, found := strings.Cut(string(deps), "deps_config := \\\n")
	list, _, end := strings.Cut(list, "\n\n")
	if !found || !end {
		return "", false
	}
	for _, name := range strings.Fields(strings.ReplaceAll(list, "\\", "")) {
		file, err := b.source.Lstat(name)
		if err != nil || !file.ModTime().Before(info.ModTime()) {
			return "", false
		}
	}
	return string(config), true
}

// writeFragments puts the fragments into the state folder and returns their names there.
func (b *builder) writeFragments() ([]string, error) {
	var names []string
	for i, f := range b.fragments {
		name := fmt.Sprintf("fragment-%d.config", i+1)
		if err := b.dir.WriteFile(stateDir+"/"+name, []byte(f.Text)); err != nil {
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
	return string(text), b.dir.WriteFile(to, text)
}

// stuck compares what the fragments ask for with the .config that came out.
func (b *builder) stuck(ctx context.Context, got map[string]string) ([]Complaint, error) {
	type symbol struct{ name, want, fragment string }
	var lost []symbol
	wanted := map[string]symbol{}
	for _, f := range b.fragments {
		for name, want := range symbols.ParseConfig(f.Text) {
			if delete(wanted, name); !f.Loose {
				wanted[name] = symbol{name, want, f.Name}
			}
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
	kconfig, err := readKconfig(ctx, b.source, b.arch.src)
	if err != nil {
		return nil, err
	}
	var complaints []Complaint
	for _, s := range lost {
		f := report.Finding{Check: "build/config", Severity: report.Error,
			Message: fmt.Sprintf("CONFIG_%s=%s of %s did not stick: it is %s after olddefconfig",
				s.name, s.want, s.fragment, cmp.Or(got[s.name], "n"))}
		kconfig.explain(&f, s.name, s.want, got)
		complaints = append(complaints, Complaint{Finding: f})
	}
	return complaints, nil
}

// runStep runs one command of the build and returns what it complained about. A failure that it
// complained about is no error.
func (b *builder) runStep(ctx context.Context, args, env []string) ([]Complaint, error) {
	d := newDiagnoser(b)
	defer b.progress.beat()()
	_, err := b.tc.Output(ctx, Cmd{Args: append([]string{"sh", "-c", stepScript}, args...), Source: b.src, Out: b.out, Env: env, Tee: b.tee(d), Limits: b.opts.Limits})
	complaints := d.finish()
	b.memory.learn(d.targets, complaints)
	if err == nil {
		return complaints, nil
	}
	var met *sandbox.LimitError
	if errors.As(err, &met) {
		return append(complaints, Complaint{Finding: limitFinding(met)}), nil
	}
	var failed *run.Error
	if ctx.Err() != nil || !errors.As(err, &failed) || failed.ExitCode <= 0 {
		return complaints, err
	}
	if ours := d.ours(); ours != nil {
		f := b.missingTool(d.mineLine)
		if f == nil {
			return complaints, ours
		}
		complaints = append(slices.DeleteFunc(complaints, func(c Complaint) bool { return strings.Contains(c.Detail, d.mineLine) }), Complaint{Finding: *f})
	}
	if d.met != nil {
		complaints = append(complaints, Complaint{Finding: limitFinding(d.met)})
	}
	if !anyError(complaints) {
		complaints = append(complaints, Complaint{Finding: d.unexplained(args)})
	}
	return complaints, nil
}

// stepScript runs a command and says where that left no room for temporary files, since make keeps what
// its commands say in such. What they say comes through one pipe: through two, a complaint may come before the label
// of its own command, and is taken for another's.
const stepScript = `"$0" "$@" 2>&1 || {
	code=$?
	head -c 1000000 /dev/zero 2>/dev/null >"/tmp/room.$$" || echo "/tmp: No space left on device" >&2
	rm -f "/tmp/room.$$"
	exit $code
}`

// limitFinding tells of a limit that a build met.
func limitFinding(met *sandbox.LimitError) report.Finding {
	return report.Finding{Check: "build/limit", Severity: report.Error,
		Message: "the build was " + met.Error(), Hint: "no kernel needs as much; look at what the series adds to Makefiles and scripts"}
}
