// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// Answers are what a script has said, kept in a file with a line for each sample, so that a long comparison can go on where it
// was left.
type Answers struct {
	file  string
	known map[string][]Triple
}

// answerLine is a line of the file.
type answerLine struct {
	Key   string
	Found []Triple
}

// OpenAnswers reads the file, which need not be there yet. A line that was not written to its end is left out.
func OpenAnswers(file string) (*Answers, error) {
	a := &Answers{file, map[string][]Triple{}}
	text, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	defer text.Close()
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var l answerLine
		if json.Unmarshal(lines.Bytes(), &l) == nil {
			a.known[l.Key] = l.Found
		}
	}
	return a, lines.Err()
}

// key tells samples apart, and the scripts that were asked about them.
func (b *Batch) key(s Sample, args []string) (string, error) {
	data, err := s.input(b.Root)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%q\x00%s\x00%s", b.script, args, s.Path, data))
	return hex.EncodeToString(sum[:16]), err
}

// Ask asks the script about those of samples to which no answer is known, at most n, and returns how many these were.
func (a *Answers) Ask(ctx context.Context, b *Batch, samples []Sample, n int, args ...string) (int, error) {
	var asked []Sample
	var keys []string
	for _, s := range samples {
		key, err := b.key(s, args)
		if err != nil {
			return 0, err
		}
		if _, known := a.known[key]; !known && len(asked) < n {
			asked, keys = append(asked, s), append(keys, key)
		}
	}
	if len(asked) == 0 {
		return 0, nil
	}
	said, err := b.Ask(ctx, asked, args...)
	if err != nil {
		return 0, err
	}
	out, err := os.OpenFile(a.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return 0, err
	}
	for i, key := range keys {
		a.known[key] = said[i]
		line, err := json.Marshal(answerLine{key, said[i]})
		if err != nil {
			return 0, err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return 0, err
		}
	}
	return len(asked), out.Close()
}

// Known returns the answer to s.
func (a *Answers) Known(b *Batch, s Sample, args ...string) ([]Triple, bool) {
	key, err := b.key(s, args)
	if err != nil {
		return nil, false
	}
	found, ok := a.known[key]
	return found, ok
}

// A Joint table compares the engines on several trees, by kind of input and by type.
type Joint struct {
	trees []string
	all   map[string]*Comparison            // of each tree
	kinds map[string]map[string]*Comparison // of each kind and tree
}

// Add compares what both engines found in a sample on a tree.
func (j *Joint) Add(tree string, s Sample, ours, theirs []Triple) {
	if j.all[tree] == nil {
		if j.all == nil {
			j.all, j.kinds = map[string]*Comparison{}, map[string]map[string]*Comparison{}
		}
		j.trees, j.all[tree] = append(j.trees, tree), &Comparison{}
	}
	if j.kinds[s.Kind] == nil {
		j.kinds[s.Kind] = map[string]*Comparison{}
	}
	if j.kinds[s.Kind][tree] == nil {
		j.kinds[s.Kind][tree] = &Comparison{}
	}
	s.Name = tree + " " + s.Name
	j.all[tree].Add(s, ours, theirs)
	j.kinds[s.Kind][tree].Add(s, ours, theirs)
}

// Print writes the tables: the trees, the kinds of inputs by tree, and the types by tree, those with differences first. A cell
// is how many findings both engines have, and after + and - those that only ours and only the script has.
func (j *Joint) Print(w io.Writer, detail bool) {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "tree\tinputs\tfindings\tagreed\tonly ours\tonly theirs\tshare\t")
	for _, tree := range j.trees {
		c := j.all[tree]
		total := c.Total()
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%.3f%%\t\n", tree, c.Samples, total.Agreed+total.Ours+total.Theirs, total.Agreed, total.Ours, total.Theirs, 100*total.share())
	}
	tw.Flush()
	fmt.Fprintf(tw, "\nkind, inputs: findings\t%s\t\n", strings.Join(j.trees, "\t"))
	for _, kind := range slices.Sorted(maps.Keys(j.kinds)) {
		fmt.Fprintf(tw, "%s\t", kind)
		for _, tree := range j.trees {
			cell := ""
			if c := j.kinds[kind][tree]; c != nil {
				total := c.Total()
				cell = fmt.Sprintf("%d: %s", c.Samples, total.cell())
			}
			fmt.Fprintf(tw, "%s\t", cell)
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	fmt.Fprintf(tw, "\ntype\t%s\t\n", strings.Join(j.trees, "\t"))
	for _, typ := range j.types() {
		fmt.Fprintf(tw, "%s\t", typ)
		for _, tree := range j.trees {
			cell := ""
			if t := j.all[tree].types[typ]; t != nil {
				cell = t.cell()
			}
			fmt.Fprintf(tw, "%s\t", cell)
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	if !detail {
		return
	}
	for _, tree := range j.trees {
		j.all[tree].details(w)
	}
}

// types returns all types that were found, those with most differences first.
func (j *Joint) types() []string {
	differ, found := map[string]int{}, map[string]int{}
	for _, c := range j.all {
		for typ, t := range c.types {
			differ[typ] += t.Ours + t.Theirs
			found[typ] += t.Agreed
		}
	}
	return slices.SortedFunc(maps.Keys(differ), func(a, b string) int {
		return cmp.Or(cmp.Compare(differ[b], differ[a]), cmp.Compare(found[b], found[a]), cmp.Compare(a, b))
	})
}

// cell is a tally as the tables have it.
func (t *Tally) cell() string {
	s := fmt.Sprint(t.Agreed)
	if t.Ours > 0 {
		s += fmt.Sprintf(" +%d", t.Ours)
	}
	if t.Theirs > 0 {
		s += fmt.Sprintf(" -%d", t.Theirs)
	}
	return s
}
