// SPDX-License-Identifier: GPL-2.0-only

package report

import (
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

// placeOf returns the place of f; where it names none, the first file of its patch, else of the first patch.
func (r *Report) placeOf(f Finding) place {
	if f.File != "" {
		return place{f.File, max(f.Line, 1)}
	}
	first := ""
	for _, p := range r.Patches {
		file := firstFile(p.Diff)
		if f.Patch == p.Index && file != "" {
			return place{file, 1}
		}
		if first == "" {
			first = file
		}
	}
	if first == "" {
		first = anyFile
	}
	return place{first, 1}
}

// firstFile returns the first file that a diff names, or "".
func firstFile(diff string) string {
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\r\n")
		if file, ok := strings.CutPrefix(line, "+++ b/"); ok {
			return file
		}
		if file, ok := strings.CutPrefix(line, "--- a/"); ok {
			return file
		}
	}
	return ""
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
