// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

var (
	editions = flag.String("edition", "", "compare only with the script of this `KERNEL`")
	inputs   = flag.Int("inputs", 2000, "how many inputs to compare on each tree")
	piece    = flag.Duration("piece", 0, "ask the scripts no longer than that: the next run goes on")
)

// TestLongEditions compares the native engine with the scripts of four kernels, each on inputs of all kinds: differences
// between two kernels, forwards and backwards, whole files, mails, messages that real ones seldom have or that refer to commits
// of a real history, mangled code, and code for the rules in which the scripts differ.
//
// The answers of the scripts are kept, so that it can be done in pieces; what is known when a piece ends is compared.
func TestLongEditions(t *testing.T) {
	common := commonSamples(t)
	var list []*editionRun
	for _, version := range []string{"6.1", "6.12", "7.2", "7.3"} {
		if *editions == "" || *editions == version {
			list = append(list, newEdition(t, version, common))
		}
	}
	var joint Joint
	for _, e := range list {
		e.compare(t, &joint)
	}
	// A round of each tree in turn, so that a piece says something of all.
	start := time.Now()
	for more := true; more; {
		more = false
		for _, e := range list {
			if *piece > 0 && time.Since(start) > *piece {
				break
			}
			n, err := e.answers.Ask(t.Context(), e.batch, e.samples, 250, "--strict")
			if err != nil {
				t.Fatal(err)
			}
			e.compare(t, &joint)
			more = more || n > 0
		}
	}
	var out bytes.Buffer
	joint.Print(&out, *detail)
	t.Logf("\n%s", out.String())
	for _, tree := range joint.trees {
		if total := joint.all[tree].Total(); total.share() < 0.999 {
			t.Errorf("%s: only %.3f%% of %d findings agree", tree, 100*total.share(), total.Agreed+total.Ours+total.Theirs)
		}
	}
}

// editionTree returns the tree whose script is asked; of old ones there is only a part.
func editionTree(t *testing.T, version string) string {
	if version == "6.1" {
		return e2e.Part(t, version)
	}
	return e2e.Tree(t, version)
}

// largest is how long an input may be: longer ones would take most of the time, and say what others do.
const largest = 40_000

// commonSamples returns the inputs for all trees, in the order in which they are asked. They are drawn once: that takes a minute.
func commonSamples(t *testing.T) []Sample {
	older, newer := e2e.Tree(t, "7.2"), e2e.Tree(t, "7.3")
	file := filepath.Join(e2e.Cache(t, "parity"), fmt.Sprintf("inputs-%x.json", sha256.Sum256(fmt.Appendf(nil, "1 %s %d", *seed, *inputs)))[:20])
	var samples []Sample
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &samples) == nil {
		return samples
	}
	forward, err := Diffs(t.Context(), older, newer, *seed, *inputs/2)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Diffs(t.Context(), newer, older, *seed+" back", *inputs/8)
	if err != nil {
		t.Fatal(err)
	}
	mails, err := Mails(e2e.Source(t, "linux-debian"))
	if err != nil {
		t.Fatal(err)
	}
	add := func(kind string, more []Sample) {
		for _, s := range more {
			if s.Kind = kind; len(s.Data) <= largest {
				samples = append(samples, s)
			}
		}
	}
	add("difference", forward)
	add("backwards", back)
	add("mangled", Mangled(append(slices.Clone(forward), back...), *seed))
	add("mail", mails)
	add("message", Synthetic())
	add("targeted", every(Targeted(), *inputs/10))
	text, err := json.Marshal(samples)
	if err == nil {
		err = os.WriteFile(file, text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// every returns n of the samples, spread over all.
func every(samples []Sample, n int) []Sample {
	var list []Sample
	for i := range min(n, len(samples)) {
		list = append(list, samples[i*len(samples)/min(n, len(samples))])
	}
	return list
}

// editionRun is the comparison on one tree.
type editionRun struct {
	version string
	batch   *Batch
	samples []Sample // those that were not compared yet
	answers *Answers
}

var subjectLine = regexp.MustCompile(`(?m)^Subject: (?:\[[^\]\n]*\] )?(\S.{5,60})$`)

func newEdition(t *testing.T, version string, common []Sample) *editionRun {
	tree, cache := editionTree(t, version), e2e.Cache(t, "parity")
	var subjects []string
	for _, s := range common {
		if m := subjectLine.FindSubmatch(s.Data); m != nil && s.Kind == "mail" {
			subjects = append(subjects, string(m[1]))
		}
	}
	batch, err := NewBatch(t.Context(), tree, filepath.Join(cache, "batch-"+version), subjects)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Files(tree, *seed, *inputs/10)
	if err != nil {
		t.Fatal(err)
	}
	own := append(whole, Referring(batch.Commits, *inputs/10)...)
	for i := range own {
		if own[i].Kind = "file"; own[i].Data != nil {
			own[i].Kind = "history"
		}
	}
	own = slices.DeleteFunc(own, func(s Sample) bool {
		info, err := os.Stat(filepath.Join(tree, s.Path))
		return s.Data == nil && (err != nil || info.Size() > largest)
	})
	answers, err := OpenAnswers(filepath.Join(cache, "answers-"+version))
	if err != nil {
		t.Fatal(err)
	}
	// What is asked first is a bit of everything.
	samples := append(own, common...)
	samples = every(samples, *inputs)
	return &editionRun{version, batch, shuffled(samples), answers}
}

// shuffled puts samples into an order that has nothing to do with their kinds, and is the same each time.
func shuffled(samples []Sample) []Sample {
	rank := func(s Sample) string { sum := sha256.Sum256([]byte(s.Kind + s.Name)); return string(sum[:]) }
	samples = slices.Clone(samples)
	slices.SortFunc(samples, func(a, b Sample) int { return bytes.Compare([]byte(rank(a)), []byte(rank(b))) })
	return samples
}

// compare asks our engine about all samples to which the answer of the script is known by now, and tells at once where the two
// differ.
func (e *editionRun) compare(t *testing.T, joint *Joint) {
	repo, err := tree.Open(e.batch.Root)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	commits := func(abbrev string) (name, subject string, known bool) {
		c, err := repo.Commit(abbrev)
		if err != nil {
			return "", "", false
		}
		return string(c.Hash), c.Subject(), true
	}
	// The folder is all links, which the engine follows for no tree on disk.
	checker := checkpatch.NewChecker(&checkpatch.Options{Tree: os.DirFS(e.batch.Root), Strict: true, Commits: commits})
	e.samples = slices.DeleteFunc(e.samples, func(s Sample) bool {
		theirs, known := e.answers.Known(e.batch, s, "--strict")
		if !known {
			return false
		}
		ours, err := answer(checker, e.batch.Root, s)
		if err != nil {
			t.Fatal(err)
		}
		joint.Add(e.version, s, ours, theirs)
		if a, b := set(ours), set(theirs); !maps.Equal(a, b) {
			t.Logf("%s, %s: ours %v, the script's %v", e.version, s.Name, only(a, b), only(b, a))
		}
		return true
	})
}

// only returns what is in one set and not in the other.
func only(in, not map[Triple]bool) []Triple {
	var list []Triple
	for t := range in {
		if !not[t] {
			list = append(list, t)
		}
	}
	return list
}
