// SPDX-License-Identifier: GPL-2.0-only

// Package hookstest makes the inputs of the tests of the rooms below package hooks: call [ReadArchive]
// for a small tree, and [Touching] for a series.
package hookstest

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/lsmpatch/lsmpatch/patchset"
	"golang.org/x/tools/txtar"
)

// ReadArchive reads a txtar file as a tree.
func ReadArchive(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse(data).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// Touching returns a set of one patch that touches files.
func Touching(files ...string) *patchset.Set {
	p := &patchset.Patch{Index: 1}
	for _, f := range files {
		p.Files = append(p.Files, &gitdiff.File{NewName: f})
	}
	return &patchset.Set{Patches: []*patchset.Patch{p}}
}
