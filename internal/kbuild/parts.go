// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"io/fs"
	"maps"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// partsOf returns the objects of the named files that the configuration of an output folder makes parts of modules. The kernel's
// image needs none of them, so make comes to none of them by itself.
func (b *seriesBuild) partsOf(tree fs.FS, out *view, names []string) []string {
	if !b.makesKernel() || !b.tc.box.Overlays() { // without overlays the base cannot be asked
		return nil
	}
	text, err := out.ReadFile(".config")
	if err != nil {
		return nil
	}
	config := symbols.ParseConfig(string(text))
	if config["MODULES"] != "y" {
		return nil
	}
	builtin := maps.Clone(config)
	maps.DeleteFunc(builtin, func(_, value string) bool { return value == "m" })
	reader := kbuildfile.NewReader(tree, b.arch.src)
	objects := map[string]bool{}
	for _, name := range names {
		w := reader.Of(name)
		if linked(w) && w.When.Holds(config) && !w.When.Holds(builtin) {
			objects[w.Object] = true
		}
	}
	return sortedNames(objects)
}

// makeParts makes the further objects. That one of them cannot be made is no failure of the targets.
func (b *builder) makeParts(ctx context.Context) ([]Complaint, error) {
	if b.parts == nil {
		return nil, nil
	}
	objects := b.parts()
	if b.madeParts = len(objects) > 0; !b.madeParts {
		return nil, nil
	}
	return b.runStep(ctx, b.makeTargets(objects...), nil)
}

// baseParts returns what is said of the base when those of the named files are compiled that are parts of modules there.
func (b *seriesBuild) baseParts(ctx context.Context, names []string) ([]Complaint, error) {
	src, out := b.baseFolders()
	one, drop, err := b.above(src, out, b.fragmentsFor(b.Base))
	if err != nil {
		return nil, err
	}
	defer drop()
	one.parts = func() []string { return b.partsOf(b.Base, one.dir, names) }
	b.progress.say("building the same parts of modules of the base")
	return one.makeParts(ctx)
}
