// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// A place is where a form shows a finding that needs one.
type place struct {
	file string
	line int
}

// anyFile is there in each kernel tree.
const anyFile = "MAINTAINERS"

// places are the first files of patches, by their index; that of 0 is the first of the series.
type places map[int]string

func (r *Report) places() places {
	first := places{}
	for _, p := range r.Patches {
		if file := firstFile(p.Diff); file != "" {
			first[p.Index] = file
			first[0] = cmp.Or(first[0], file)
		}
	}
	return first
}

// of returns the place of f; where it names none, the first file of its patch, else of the first patch.
func (p places) of(f Finding) place {
	if f.File != "" {
		return place{f.File, max(f.Line, 1)}
	}
	return place{cmp.Or(p[f.Patch], p[0], anyFile), 1}
}

// firstFile returns the first file that a diff has lines of, by its name after it where it has one, or "".
func firstFile(diff string) string {
	before := ""
	for line := range strings.Lines(diff) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if file, ok := strings.CutPrefix(line, "--- a/"); ok {
			before = file
		}
		if file, ok := strings.CutPrefix(line, "+++ b/"); ok {
			return file
		}
		if line == "+++ /dev/null" {
			return before
		}
	}
	return before
}

// fingerprints tell findings apart from run to run: by what they say of which file, not by lines and numbers, which move.
type fingerprints map[string]int

var numbersRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+`) })

func (p fingerprints) of(f Finding) string {
	key := strings.Join([]string{f.Check, f.File, numbersRE().ReplaceAllString(f.Message, "N")}, "\x00")
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, p[key]))
	p[key]++
	return hex.EncodeToString(sum[:16])
}

// withHint is a message with its hint on a further line.
func withHint(text, hint string) string {
	if hint == "" {
		return text
	}
	return text + "\nhint: " + hint
}
