// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// A Comparison says what became of each patch from one version of a series to another. Its JSON
// names are a contract.
type Comparison struct {
	Old VersionSummary `json:"old"`
	New VersionSummary `json:"new"`
	// Pairs has each patch of both versions once: those of the new one in their order, and
	// dropped ones where they were.
	Pairs []Pair `json:"pairs"`
	// Interdiff is what the sum of the new patches changes other than the sum of the old ones.
	Interdiff string `json:"interdiff,omitempty"`
}

// VersionSummary names one of the versions compared.
type VersionSummary struct {
	Version int `json:"version"`
	Patches int `json:"patches"`
}

// A Pair is one patch in both versions, or a patch that only one of them has.
type Pair struct {
	// OldIndex and NewIndex are the numbers of the patch; 0 where it is not there.
	OldIndex int    `json:"old"`
	NewIndex int    `json:"new"`
	Status   Status `json:"status"`
	// Moved is set where the patch changed places with others, not where it was only pushed.
	Moved bool `json:"moved,omitempty"`
	// Rebased is set where the patch makes the same changes between other lines.
	Rebased bool `json:"rebased,omitempty"`
	// Title is that of the new version, or of the old where it was dropped.
	Title    string `json:"title"`
	OldTitle string `json:"old_title,omitempty"` // where it is another
	// Gained and Lost are the trailers that only one version has.
	Gained []patchset.Trailer `json:"trailers_gained,omitempty"`
	Lost   []patchset.Trailer `json:"trailers_lost,omitempty"`
	// MessageDiff shows the text of the message line by line, trailers left out.
	MessageDiff string `json:"message_diff,omitempty"`
	// Interdiff shows what the new patch leaves other than the old one, as a unified diff.
	Interdiff string `json:"interdiff,omitempty"`
}

// Status says what became of a patch.
type Status string

// The values of [Pair].Status.
const (
	Unchanged   Status = "unchanged"
	MessageOnly Status = "message only" // title, text, author or trailers
	CodeChanged Status = "code changed"
	NewPatch    Status = "new"
	Dropped     Status = "dropped"
)

var statusSigns = map[Status]string{Unchanged: "=", MessageOnly: "~", CodeChanged: "!", NewPatch: ">", Dropped: "<"}

// ChangesCode reports whether a patch with that status makes the series change other code.
func (s Status) ChangesCode() bool { return s != Unchanged && s != MessageOnly }

// Index returns the number of the patch in the new version, or in the old where it was dropped.
func (p *Pair) Index() int { return cmp.Or(p.NewIndex, p.OldIndex) }

// Compare pairs the patches of two versions by what they change, as git range-diff does, and those
// that remain by their titles, and says what became of each.
func Compare(old, new *patchset.Set) *Comparison {
	c := &Comparison{
		Old:   VersionSummary{old.Version, len(old.Patches)},
		New:   VersionSummary{new.Version, len(new.Patches)},
		Pairs: []Pair{},
	}
	a, b := fingerprints(old.Patches), fingerprints(new.Patches)
	partner := pairUp(a, b)
	moved := outOfOrder(partner)
	next := 0 // the first old patch not yet told of
	for j := range b {
		i := partner[j]
		for ; i >= 0 && next < i; next++ {
			if !slices.Contains(partner, next) {
				c.Pairs = append(c.Pairs, dropped(a[next].patch))
			}
		}
		if i < 0 {
			c.Pairs = append(c.Pairs, Pair{NewIndex: b[j].patch.Index, Status: NewPatch, Title: b[j].patch.Title})
			continue
		}
		pair := compareTwo(a[i], b[j])
		pair.Moved = moved[j]
		c.Pairs = append(c.Pairs, pair)
		next = max(next, i+1)
	}
	for ; next < len(a); next++ {
		if !slices.Contains(partner, next) {
			c.Pairs = append(c.Pairs, dropped(a[next].patch))
		}
	}
	c.Interdiff = interdiff(NetFiles(old.Patches), NetFiles(new.Patches))
	return c
}

func dropped(p *patchset.Patch) Pair {
	return Pair{OldIndex: p.Index, Status: Dropped, Title: p.Title}
}

func compareTwo(a, b fingerprint) Pair {
	old, new := a.patch, b.patch
	pair := Pair{OldIndex: old.Index, NewIndex: new.Index, Title: new.Title, Status: Unchanged}
	if old.Title != new.Title {
		pair.OldTitle = old.Title
	}
	pair.Gained = missingFrom(old.Trailers, new.Trailers)
	pair.Lost = missingFrom(new.Trailers, old.Trailers)
	before, after := messageText(old), messageText(new)
	if before != after {
		pair.MessageDiff = diffText("message", before, after)
	}
	if old.Message != new.Message || mail.AuthorOf(old) != mail.AuthorOf(new) {
		pair.Status = MessageOnly
	}
	switch {
	case !slices.Equal(a.changes, b.changes):
		pair.Status = CodeChanged
		pair.Interdiff = interdiff(NetFiles([]*patchset.Patch{old}), NetFiles([]*patchset.Patch{new}))
		if pair.Interdiff == "" { // the same result by way of another start
			pair.Interdiff = diffText("diff", strings.Join(a.lines, ""), strings.Join(b.lines, ""))
		}
	case !slices.Equal(a.lines, b.lines):
		pair.Rebased = true
	}
	return pair
}

// messageText returns author, title and text of the message, without the trailers.
func messageText(p *patchset.Patch) string {
	start, _ := mail.TrailerBlock(p.Message)
	return fmt.Sprintf("Author: %s\n\n%s\n", mail.AuthorOf(p), strings.TrimRight(p.Message[:start], "\n"))
}

// missingFrom returns those of trailers that have has not.
func missingFrom(have, trailers []patchset.Trailer) []patchset.Trailer {
	var missing []patchset.Trailer
	for _, t := range trailers {
		if !slices.ContainsFunc(have, func(h patchset.Trailer) bool {
			return strings.EqualFold(h.Key, t.Key) && h.Value == t.Value
		}) {
			missing = append(missing, t)
		}
	}
	return missing
}

// outOfOrder tells which new patches left the order of the old version: those outside of the
// longest row that kept it. partner[j] is the old patch of the new patch j, or -1.
func outOfOrder(partner []int) []bool {
	length := make([]int, len(partner)) // of the longest row that ends with j
	before := make([]int, len(partner))
	last := -1
	for j, i := range partner {
		before[j] = -1
		if i < 0 {
			continue
		}
		length[j] = 1
		for k := range j {
			if partner[k] >= 0 && partner[k] < i && length[k]+1 > length[j] {
				length[j], before[j] = length[k]+1, k
			}
		}
		if last < 0 || length[j] > length[last] {
			last = j
		}
	}
	moved := make([]bool, len(partner))
	for j, i := range partner {
		moved[j] = i >= 0
	}
	for ; last >= 0; last = before[last] {
		moved[last] = false
	}
	return moved
}

// WriteText writes the comparison for people: a line for each patch, then what changed in it.
func (c *Comparison) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "v%d (%s) -> v%d (%s)\n", c.Old.Version, report.Plural(c.Old.Patches, "patch"), c.New.Version, report.Plural(c.New.Patches, "patch"))
	for _, p := range c.Pairs {
		p.write(&out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (p *Pair) write(out *strings.Builder) {
	fmt.Fprintf(out, "%3s %s %3s  %-12s  %s", indexOrDash(p.OldIndex), statusSigns[p.Status], indexOrDash(p.NewIndex), p.Status, p.Title)
	if p.Moved {
		out.WriteString("  (reordered)")
	}
	if p.Rebased {
		out.WriteString("  (rebased)")
	}
	out.WriteByte('\n')
	const margin = "           "
	if p.OldTitle != "" {
		fmt.Fprintf(out, "%swas: %s\n", margin, p.OldTitle)
	}
	for _, t := range p.Gained {
		fmt.Fprintf(out, "%s+ %s: %s\n", margin, t.Key, t.Value)
	}
	for _, t := range p.Lost {
		fmt.Fprintf(out, "%s- %s: %s\n", margin, t.Key, t.Value)
	}
	for line := range strings.Lines(p.MessageDiff + p.Interdiff) {
		out.WriteString(margin + line)
	}
}

func indexOrDash(index int) string {
	if index == 0 {
		return "-"
	}
	return fmt.Sprint(index)
}
