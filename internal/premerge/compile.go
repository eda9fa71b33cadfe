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

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/needs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// CompileHooks has the tree's own compilers judge each link that set makes between a hook and a
// function, with the tree's own flags and without a full build, in folders below work. It returns
// where they differ from hooks.Check: findings about this program.
func CompileHooks(ctx context.Context, set *patchset.Set, after fs.FS, work string, opts kbuild.Options) ([]report.Finding, error) {
	assertions, err := proof.Assert(set, after, nil)
	if err != nil {
		return nil, err
	}
	opts.Targets, opts.KeepGoing = assertions.Targets, true
	result, err := buildWith(ctx, after, assertions.Files, work, opts)
	if err != nil {
		return nil, err
	}
	findings := assertions.Judge(result.Findings)
	types := typesObject(result.Out)
	if types == "" {
		return findings, nil // the compiler said why, and Judge what of that is ours
	}
	_, more, err := InspectKernel(nil, after, types, "")
	return append(findings, more...), err
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
func ProveHooks(ctx context.Context, set *patchset.Set, after fs.FS, work, vmlinux string, opts kbuild.Options) ([]report.Finding, error) {
	if (work != "" || vmlinux != "") && after == nil {
		return nil, errNotApplied
	}
	var findings []report.Finding
	var types string
	if work != "" {
		more, err := CompileHooks(ctx, set, after, work, opts)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
		types = typesObject(filepath.Join(work, "obj"))
	}
	if vmlinux != "" {
		_, more, err := InspectKernel(needs.LSMs(set, after), after, vmlinux, types)
		if err != nil {
			return nil, err
		}
		findings = append(findings, more...)
	}
	return findings, nil
}

// typesObject returns the object file with the types of the hooks that a build left in its output folder, or "".
func typesObject(out string) string {
	dir, err := below.Open(out)
	if err != nil {
		return ""
	}
	defer dir.Close()
	if info, err := dir.Stat(proof.TypesObject); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return filepath.Join(out, proof.TypesObject)
}
