// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/compare"
)

// maxAttached is how much of the end of a file is attached to a report, in bytes.
const maxAttached = 256 << 10

// evidence adds to rep what its pages show besides the findings.
func (r *run) evidence(rep *report.Report) {
	rep.Patches = r.patches()
	if r.own.Cover != nil {
		cover := mailOf(r.own.Cover)
		rep.Cover = &cover
	}
	if previous := r.opts.Check.Previous; previous != nil {
		rep.Changes = Changes(compare.Compare(previous, r.own))
	}
	if r.built == nil {
		return
	}
	if r.built.Coverage != nil {
		rep.Marks = marks(r.before, r.after, r.moves, r.built.Coverage)
	}
	rep.Attachments = r.attachments(rep)
}

// patches are those of the series itself, with where their hunks went.
func (r *run) patches() []report.Patch {
	moved := map[int][]report.Moved{}
	if r.applied != nil {
		for _, p := range r.applied.Patches {
			moved[p.Index-r.below] = movedFiles(p)
		}
	}
	var out []report.Patch
	for _, p := range r.own.Patches {
		out = append(out, report.Patch{
			Index: p.Index, Title: p.Title, Author: person(p.Author.Name, p.Author.Email), MessageID: p.MessageID,
			Diff: strings.ToValidUTF8(string(p.Diff), "\ufffd"), Moved: moved[p.Index],
			SHA256: fmt.Sprintf("%x", sha256.Sum256(p.Raw)), Mail: mailOf(&p.Mail),
		})
	}
	return out
}

// mailOf is what a reply wants to know of m.
func mailOf(m *patchset.Mail) report.Mail {
	return report.Mail{MessageID: m.MessageID, References: m.References, From: person(m.From.Name, m.From.Email), To: m.To, Cc: m.Cc,
		Date: m.From.When, Subject: m.Subject}
}

func movedFiles(p apply.PatchResult) []report.Moved {
	var out []report.Moved
	for _, f := range p.Files {
		m := report.Moved{File: f.Path}
		for _, h := range f.Hunks {
			m.Offsets = append(m.Offsets, h.Offset)
		}
		if slices.ContainsFunc(m.Offsets, func(n int) bool { return n != 0 }) {
			out = append(out, m)
		}
	}
	return out
}

// Changes returns a comparison of two versions as a report has it.
func Changes(c *compare.Comparison) *report.Changes {
	out := &report.Changes{Old: c.Old.Version, New: c.New.Version, Pairs: []report.ChangedOne{}}
	for _, p := range c.Pairs {
		one := report.ChangedOne{Old: p.OldIndex, New: p.NewIndex, Status: string(p.Status), Title: p.Title, Message: p.MessageDiff, Code: p.Interdiff}
		if p.Moved {
			one.Notes = append(one.Notes, "in another place")
		}
		if p.Rebased {
			one.Notes = append(one.Notes, "rebased")
		}
		if p.OldTitle != "" {
			one.Notes = append(one.Notes, "was called: "+p.OldTitle)
		}
		for sign, trailers := range map[string][]patchset.Trailer{"gained ": p.Gained, "lost ": p.Lost} {
			for _, t := range trailers {
				one.Notes = append(one.Notes, sign+t.Key+": "+t.Value)
			}
		}
		slices.Sort(one.Notes)
		out.Pairs = append(out.Pairs, one)
	}
	return out
}

// attachments are the toolchain, the configuration, the log and the console of the steps that have them.
func (r *run) attachments(rep *report.Report) []report.Attachment {
	list := []report.Attachment{{Title: "Toolchain", Text: toolchain(r.built.Survey)}}
	for _, file := range []struct{ title, name string }{{"Configuration", r.built.Config}, {"Log of the build", r.built.Log}} {
		if a, err := attached(file.title, file.name); err == nil {
			list = append(list, a)
		}
	}
	for _, s := range rep.Steps {
		if booted, ok := s.Result.(*boot.Result); ok && booted.Console != "" {
			text := booted.Console
			cut := max(0, len(text)-maxAttached)
			list = append(list, report.Attachment{Title: "Console of the boot", Text: strings.ToValidUTF8(text[cut:], "\ufffd"), Omitted: int64(cut)})
		}
	}
	return list
}

// toolchain names the tools of a build, one a line.
func toolchain(s *kbuild.Survey) string {
	if s == nil {
		return "unknown\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "isolation: %s\n", s.Isolation)
	for _, t := range s.Tools {
		fmt.Fprintf(&b, "%-12s %s", t.Name, t.Version)
		if t.Minimum != "" {
			fmt.Fprintf(&b, " (at least %s)", t.Minimum)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// attached reads the end of a file that a build wrote.
func attached(title, name string) (report.Attachment, error) {
	if name == "" {
		return report.Attachment{}, os.ErrNotExist
	}
	f, err := below.OpenFile(name)
	if err != nil {
		return report.Attachment{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return report.Attachment{}, err
	}
	cut := max(0, info.Size()-maxAttached)
	text, err := io.ReadAll(io.NewSectionReader(f, cut, maxAttached))
	return report.Attachment{Title: title, Text: strings.ToValidUTF8(string(text), "\ufffd"), Omitted: cut}, err
}

// readText is a file of a snapshot that is not too long to be looked through.
func readText(files fs.FS, name string) (string, bool) {
	text, err := fs.ReadFile(files, name)
	if err != nil || len(text) > maxLocated {
		return "", false
	}
	return string(text), true
}
