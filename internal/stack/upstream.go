// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// The ways by which a patch is known to be upstream, the surest first.
const (
	ByPatchID = "patch ID"               // a commit makes the same change: git-patch-id(1)
	ByContent = "content"                // the base has what the patch leaves; the commit is one that has it
	ByMerge   = "a merge leaves nothing" // the three-way merge with the base changes nothing
	ByTitle   = "title and author"       // a commit of both makes nearly the same change; the share follows
	ByHand    = "skipped by hand"        // somebody said so while resolving
)

// leastLikeness is the share of a patch's changed lines, in per cent, that a commit of its title and author must have to be
// taken for it.
const leastLikeness = 90

// A landedCommit is a commit between two bases that touches files of the stack.
type landedCommit struct {
	id odb.Hash
	// author is the address, name the name; fixes are the Fixes: trailers, a line each.
	author, name, title, fixes string
}

// history is what happened between two bases to the files of a stack.
type history struct {
	commits []landedCommit
	// byPatchID has the commit that makes a change.
	byPatchID map[string]odb.Hash
}

// historyOf reads the commits of to that from lacks and that touch names, and their patch IDs. Where the history is shallow,
// there are fewer or none.
func historyOf(ctx context.Context, t *tree.Tree, from, to string, names []string) (*history, error) {
	h := &history{}
	if from == to || len(names) == 0 {
		return h, nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	revs := since(t, from, to)
	format := "--format=%H%x01%ae%x01%an%x01%s%x01%(trailers:key=Fixes)"
	out, err := t.Git(ctx, slices.Concat([]string{"log", "-z", "--no-merges", format}, revs, []string{"--"}, names)...)
	if err != nil {
		return nil, err
	}
	for record := range strings.SplitSeq(string(out), "\x00") {
		if f := strings.Split(record, "\x01"); len(f) == 5 {
			h.commits = append(h.commits, landedCommit{odb.Hash(f[0]), f[1], f[2], f[3], f[4]})
		}
	}
	if len(h.commits) == 0 {
		return h, nil
	}
	// The ID is of the whole commit: the walk over names finds commits, and their whole diffs are asked for.
	var ids []odb.Hash
	for _, c := range h.commits {
		ids = append(ids, c.id)
	}
	h.byPatchID, err = t.PatchIDsOf(ctx, ids)
	return h, err
}

// since returns the arguments of git log for the commits of to that from lacks; all of to where the tree has no from.
func since(t *tree.Tree, from, to string) []string {
	if _, err := t.Resolve(from); err != nil {
		return []string{to}
	}
	return []string{to, "^" + from}
}

// called returns the commit with the title and author of p, and how much of its change p shares, in per cent.
func (h *history) called(ctx context.Context, t *tree.Tree, p *patchset.Patch) (commit string, likeness int, err error) {
	for _, c := range h.commits {
		if c.title != p.Title || !strings.EqualFold(c.author, p.Author.Email) {
			continue
		}
		data, err := t.FormatPatch(ctx, c.id)
		if err != nil {
			return "", 0, err
		}
		theirs, err := onePatch(data, string(c.id))
		if err != nil {
			return "", 0, err
		}
		if l := likenessOf(p, theirs); commit == "" || l > likeness {
			commit, likeness = string(c.id), l
		}
	}
	return commit, likeness, nil
}

// likenessOf returns the share of changed lines that two patches have in common, in per cent of the longer one.
func likenessOf(a, b *patchset.Patch) int {
	left, right := changedLines(a), changedLines(b)
	count, same := map[string]int{}, 0
	for _, line := range left {
		count[line]++
	}
	for _, line := range right {
		if count[line] > 0 {
			count[line]--
			same++
		}
	}
	return same * 100 / max(1, len(left), len(right))
}

// changedLines returns the lines that a patch adds and removes, each behind its sign.
func changedLines(p *patchset.Patch) []string {
	var lines []string
	for _, f := range p.Files {
		for _, frag := range f.TextFragments {
			for _, line := range frag.Lines {
				if line.Op != gitdiff.OpContext {
					lines = append(lines, line.Op.String()+line.Line)
				}
			}
		}
	}
	return lines
}

// contained returns the numbers of the patches whose change base has already: taken out again from the last to the first, they
// go without a line of difference. The value is how far a hunk had to be moved for it, in lines.
func (p *plan) contained(ctx context.Context, base fs.FS) (map[int]int, error) {
	parts := p.parts(func(*placed) bool { return true }, false)
	for i := range parts {
		parts[i].Options.Fuzz = 0
	}
	_, result, err := apply.OverlayParts(ctx, base, parts, &apply.Options{Reverse: true, KeepGoing: true})
	if err != nil {
		return nil, err
	}
	in := map[int]int{}
	for _, r := range result.Patches {
		if offset := farthest(r.Files); offset == 0 || telling(p.at(r.Index).used) {
			in[r.Index] = offset
		}
	}
	return in, nil
}

// farthest returns how far the hunk that moved most was moved, in lines; negative is towards the top.
func farthest(files []apply.FileResult) int {
	offset := 0
	for _, f := range files {
		for _, h := range f.Hunks {
			if abs(h.Offset) > abs(offset) {
				offset = h.Offset
			}
		}
	}
	return offset
}

// telling reports whether a patch says enough to be known again: it adds or removes a line with a letter.
func telling(p *patchset.Patch) bool {
	return slices.ContainsFunc(changedLines(p), func(line string) bool {
		return strings.ContainsFunc(line, func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r > 127 })
	})
}

// bringer returns the commit after which the base had what a patch adds: the newest of the history in which the number of
// occurrences of its longest added line changed; the base itself where the history does not tell.
func (r *rebasing) bringer(ctx context.Context, p *patchset.Patch) (string, error) {
	base := r.lock.Base
	if len(r.past.commits) == 0 {
		return base, nil
	}
	file, longest := "", ""
	for _, f := range p.Files {
		for _, frag := range f.TextFragments {
			for _, line := range frag.Lines {
				if text := strings.TrimSpace(line.Line); line.Op == gitdiff.OpAdd && len(text) > len(longest) {
					file, longest = patchset.Path(f), text
				}
			}
		}
	}
	if len(longest) < 8 {
		return base, nil
	}
	revs := since(r.t, r.from, base)
	out, err := r.t.Git(ctx, slices.Concat([]string{"-c", "log.showRoot=false", "log", "--no-merges", "--format=%H", "--max-count=1", "-S" + longest}, revs, []string{"--", file})...)
	if found := strings.TrimSpace(string(out)); err == nil && found != "" {
		return found, nil
	}
	return base, err
}

// howByTitle words ByTitle with the likeness.
func howByTitle(likeness int) string {
	return fmt.Sprintf("%s, %d %% of its lines", ByTitle, likeness)
}
