// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"bytes"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var reBranch = lazyregexp.New(`^\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b`)

// otherBranches returns a text with the first branch of each #if that has others left empty, nil where none has: where the head of a
// function stands in several branches, a reader of tokens takes the first alone.
func otherBranches(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	var open []int // the lines of the #if that are open, -1 for one whose first branch has ended
	found := false
	for i, line := range lines {
		m := reBranch.FindSubmatch(line)
		if m == nil {
			continue
		}
		last := len(open) - 1
		switch word := string(m[1]); {
		case word[0] == 'i':
			open = append(open, i)
		case last < 0:
			return nil // which no compiler takes
		case word == "endif":
			open = open[:last]
		case open[last] >= 0:
			for k := open[last] + 1; k < i; k++ {
				lines[k] = []byte("\n")
			}
			open[last], found = -1, true
		}
	}
	if !found {
		return nil
	}
	return bytes.Join(lines, nil)
}
