// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Proof is what compilers and a built kernel say about the hooks of a series.
type Proof struct {
	Findings []report.Finding
	// Registrations are the places of the series that give a function to a hook, with whether a compiler has
	// seen them; nil where none was asked.
	Registrations []proof.Registration
}

// CompileHooks has the tree's own compilers judge each link that set makes between a hook and a
// function, and the objects of the series that hold them, with the tree's own flags and without a full build, in
// folders below work. It returns where they differ from ours, what hooks.Check found: findings about this program, and
// about the series where the compilers reject what we took.
func CompileHooks(ctx context.Context, set *patchset.Set, after fs.FS, ours []report.Finding, work string, opts kbuild.Options) (*Proof, error) {
	assertions, err := proof.Assert(set, after, nil)
	if err != nil {
		return nil, err
	}
	opts.Targets, opts.KeepGoing = assertions.Targets, true
	if len(assertions.Configs) > 0 {
		if opts.Fragments == nil {
			opts.Fragments = kbuild.DefaultFragments(after, nil, opts.Arch)
		}
		text := "CONFIG_" + strings.Join(assertions.Configs, "=y\nCONFIG_") + "=y\n"
		opts.Fragments = append(slices.Clip(opts.Fragments), kbuild.Fragment{Name: "what builds the series", Text: text})
	}
	start := time.Now()
	result, err := buildWith(ctx, after, assertions.Files, work, opts)
	if err != nil {
		return nil, err
	}
	made := &proof.Made{Done: result.Built, Errors: result.Findings, Config: configOf(result.Out), IsFresh: func(object string) bool {
		info, err := statBelow(result.Out, object)
		return err == nil && info.Mode().IsRegular() && !info.ModTime().Before(start)
	}}
	p := &Proof{Findings: assertions.Judge(result.Findings), Registrations: assertions.Compiled(made)}
	p.Findings = append(p.Findings, assertions.Unseen(made, ours)...)
	types := typesObject(result.Out)
	if types == "" {
		return p, nil // the compiler said why, and Judge what of that is ours
	}
	_, more, err := InspectKernel(nil, after, types, "")
	p.Findings = append(p.Findings, more...)
	return p, err
}

// configOf returns the configuration in an output folder; nil where there is none.
func configOf(out string) map[string]string {
	dir, err := below.Open(out)
	if err != nil {
		return nil
	}
	defer dir.Close()
	text, err := dir.ReadFile(".config")
	if err != nil {
		return nil
	}
	return symbols.ParseConfig(string(text))
}

// statBelow is stat of a file of a folder that a build wrote.
func statBelow(out, name string) (fs.FileInfo, error) {
	dir, err := below.Open(out)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Stat(name)
}

// buildWith builds in work the tree after with other files in it.
func buildWith(ctx context.Context, after fs.FS, files map[string][]byte, work string, opts kbuild.Options) (*kbuild.Result, error) {
	overlay := tree.NewOverlay(after)
	for name, text := range files {
		if err := overlay.Write(tree.Change{Path: name, Mode: filemode.Regular, Data: text}); err != nil {
			return nil, err
		}
	}
	src := filepath.Join(work, "src")
	if err := layOut(ctx, overlay, src, opts.Progress); err != nil {
		return nil, err
	}
	opts.Out = filepath.Join(work, "obj")
	return kbuild.Build(ctx, src, &opts)
}

// layOut makes src hold the files of a snapshot.
func layOut(ctx context.Context, snapshot fs.FS, src string, progress io.Writer) error {
	if err := os.MkdirAll(src, 0o755); err != nil {
		return err
	}
	if err := tree.Materialize(ctx, snapshot, src, progress); err != nil {
		return fmt.Errorf("laying out the patched tree: %w", err)
	}
	return nil
}

// InspectKernel holds the hooks of the tree after, and the LSMs that should be in it, against a
// vmlinux, or an object file, that was built of that tree. A kernel without types takes them from the
// object file types, which may be "".
func InspectKernel(lsms []needs.LSM, after fs.FS, vmlinux, types string) (*proof.Binary, []report.Finding, error) {
	list, _, err := defs.List(after)
	if err != nil {
		return nil, nil, err
	}
	f, err := below.OpenFile(vmlinux)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var more io.ReaderAt
	if types != "" {
		object, err := below.OpenFile(types)
		if err != nil {
			return nil, nil, err
		}
		defer object.Close()
		more = object
	}
	binary, err := proof.Inspect(f, more)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", vmlinux, err)
	}
	return binary, append(proof.Compare(list, binary), proof.CompareLSMs(lsms, binary)...), nil
}

// errNotApplied is why a kernel of the series cannot be asked about it.
var errNotApplied = errors.New("the series does not apply, so there is nothing to compile")

// ProveHooks is CompileHooks and InspectKernel for the verb: work or vmlinux may be "".
func ProveHooks(ctx context.Context, set *patchset.Set, after fs.FS, ours []report.Finding, work, vmlinux string, opts kbuild.Options) (*Proof, error) {
	if (work != "" || vmlinux != "") && after == nil {
		return nil, errNotApplied
	}
	p := &Proof{}
	var types string
	if work != "" {
		var err error
		if p, err = CompileHooks(ctx, set, after, ours, work, opts); err != nil {
			return nil, err
		}
		types = typesObject(filepath.Join(work, "obj"))
	}
	if vmlinux != "" {
		_, more, err := InspectKernel(needs.LSMs(set, after), after, vmlinux, types)
		if err != nil {
			return nil, err
		}
		p.Findings = append(p.Findings, more...)
	}
	return p, nil
}

// typesObject returns the object file with the types of the hooks that a build left in its output folder, or "".
func typesObject(out string) string {
	info, err := statBelow(out, proof.TypesObject)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return filepath.Join(out, proof.TypesObject)
}
