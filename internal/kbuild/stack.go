// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/evidence"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Frame is the stack that a function takes, in bytes, before and after the series; 0 for a function that is
// not there.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"` // after, or before where it is gone
	Before   int64  `json:"before"`
	After    int64  `json:"after"`
}

// defaultFrame is the limit of a frame where the configuration has none: that of Kconfig for 64 bits.
const defaultFrame = 2048

// maxFrames bounds the frames that are told.
const maxFrames = 50

// usage is the stack of functions, by file and name, in the base and after the series.
type usage struct {
	Before map[string]Frame `json:"before"`
	After  map[string]Frame `json:"after"`
}

// frames asks the compiler for the stack of each function in the objects that the series touches, here and in
// the base, and tells of those that differ and of those beyond the limit.
func (b *seriesBuild) frames(ctx context.Context) error {
	if !b.result.Built {
		return nil
	}
	var u usage
	src, out := b.folders(b.layer)
	if !b.recall("frames", &u) {
		changes, err := b.last().Changes()
		if err != nil {
			return err
		}
		changes = slices.DeleteFunc(changes, func(c tree.Change) bool { return path.Ext(c.Path) == ".rs" })
		objects, err := touchedObjects(out, b.tc.SourcePath(src), changes)
		if err != nil {
			return err
		}
		if u.After, err = b.stackUsage(ctx, src, out, objects); err != nil {
			return err
		}
		base, obj := b.baseFolders()
		if u.Before, err = b.stackUsage(ctx, base, obj, objects); err != nil {
			return err
		}
		b.keep("frames", u)
	}
	all, found := u.differ(b.frameLimit(out), b.toldFrame)
	b.result.Frames = all
	b.result.Findings = append(b.result.Findings, found...)
	return nil
}

// differ returns the frames that differ, the one that grew most first, and as findings those that grew
// beyond the limit and were not told.
func (u *usage) differ(limit int64, told func(Frame) bool) ([]Frame, []report.Finding) {
	var all []Frame
	for key, f := range u.After {
		if f.Before = u.Before[key].After; f.Before != f.After {
			all = append(all, f)
		}
	}
	for key, f := range u.Before {
		if _, ok := u.After[key]; !ok {
			f.Before, f.After = f.After, 0
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(x, y Frame) int {
		return cmp.Or(cmp.Compare(y.After-y.Before, x.After-x.Before), cmp.Compare(x.File, y.File), cmp.Compare(x.Function, y.Function))
	})
	var found []report.Finding
	for _, f := range all {
		if f.After > limit && f.After > f.Before && !told(f) {
			found = append(found, report.Finding{Check: "build/frame", Severity: report.Warning, File: f.File, Line: f.Line,
				Message: fmt.Sprintf("%s takes %d bytes of stack, before %d; the limit is %d", f.Function, f.After, f.Before, limit),
				Hint:    "large variables belong to the heap; the stack of a kernel thread is 16 KiB"})
		}
	}
	return all[:min(len(all), maxFrames)], found
}

// toldFrame reports whether the compiler itself complains of a frame.
func (b *seriesBuild) toldFrame(f Frame) bool {
	return slices.ContainsFunc(b.layer.Outcome.Known, func(c Complaint) bool {
		return strings.Contains(c.Message, "frame size") && strings.Contains(c.Message, f.Function)
	})
}

// frameLimit returns the limit of the configuration.
func (b *seriesBuild) frameLimit(out Folder) int64 {
	dir, err := out.open(-1)
	if err != nil {
		return defaultFrame
	}
	defer dir.close()
	text, err := dir.ReadFile(".config")
	if err != nil {
		return defaultFrame
	}
	if n, err := strconv.ParseInt(symbols.ParseConfig(string(text))["FRAME_WARN"], 10, 64); err == nil && n > 0 {
		return n
	}
	return defaultFrame
}

// stackUsage compiles the objects that are there once more, and reads what the compiler writes of frames.
func (b *seriesBuild) stackUsage(ctx context.Context, src, out Folder, objects []string) (map[string]Frame, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	dir, err := out.open(-1)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	var script strings.Builder
	// Without the sandbox /tmp is this machine's.
	fmt.Fprintf(&script, "tmp=$(mktemp -d) || exit\ntrap 'rm -rf \"$tmp\"' EXIT\ncd %s\n", b.tc.OutPath(out))
	for _, object := range objects {
		line, ok := savedCommand(dir, object)
		if !ok {
			continue // the base has none
		}
		if line, ok = evidence.Instead(line, `-fstack-usage -w -c -o "$tmp/frames.o"`); ok {
			fmt.Fprintf(&script, "( %s ) >/dev/null 2>&1; cat \"$tmp/frames.su\" 2>/dev/null; rm -f \"$tmp\"/*\n", line)
		}
	}
	script.WriteString("exit 0\n")
	said, err := b.tc.Output(ctx, Cmd{Args: []string{"sh", "-c", script.String()}, Source: src, Out: out, Limits: b.opts.Limits})
	return readFrames(string(said), b.tc.SourcePath(src)), err
}

// readFrames reads lines "file:line:function<tab>bytes<tab>static"; gcc has a column before the function.
func readFrames(text, source string) map[string]Frame {
	frames := map[string]Frame{}
	for line := range strings.Lines(text) {
		place, rest, ok := strings.Cut(line, "\t")
		number, _, ok2 := strings.Cut(rest, "\t")
		parts := strings.Split(strings.TrimPrefix(place, source+"/"), ":")
		bytes, err := strconv.ParseInt(number, 10, 64)
		if !ok || !ok2 || err != nil || len(parts) < 3 || path.IsAbs(parts[0]) {
			continue
		}
		f := Frame{Function: parts[len(parts)-1], File: path.Clean(parts[0]), After: bytes}
		f.Line, _ = strconv.Atoi(parts[1])
		key := f.File + ":" + f.Function
		if old, ok := frames[key]; !ok || old.After < bytes { // a header's function, in several objects
			frames[key] = f
		}
	}
	return frames
}
