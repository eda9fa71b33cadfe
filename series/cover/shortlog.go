// SPDX-License-Identifier: GPL-2.0-only

package cover

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var reShortlogAuthor = lazyregexp.New(`^(\S.*?) \((\d{1,6})\):\s*$`)

// readShortlog takes all blocks of an author and titles. Blocks with text between them, and those of an author who has one
// already, are of two shortlogs: git lists each author once.
func (c *Letter) readShortlog(lines []string) {
	log, end := 0, 0
	names := map[string]bool{}
	for i := 0; i < len(lines); i++ {
		m := reShortlogAuthor.FindStringSubmatch(lines[i])
		if m == nil || i+1 == len(lines) || indent(lines[i+1]) == 0 {
			continue
		}
		author := ShortlogAuthor{Name: m[1], Count: Atoi(m[2])}
		between := slices.ContainsFunc(lines[end:i], func(line string) bool { return strings.TrimSpace(line) != "" })
		if len(names) > 0 && (between || names[author.Name]) {
			log++
			clear(names)
		}
		names[author.Name] = true
		author.Log = log
		first := indent(lines[i+1])
		for i+1 < len(lines) && indent(lines[i+1]) > 0 {
			i++
			text := strings.TrimSpace(lines[i])
			if indent(lines[i]) > first && len(author.Titles) > 0 {
				author.Titles[len(author.Titles)-1] += " " + text // a title that git wrapped
			} else {
				author.Titles = append(author.Titles, text)
			}
		}
		end = i + 1
		c.Shortlog = append(c.Shortlog, author)
	}
}

// maxLogs bounds how many shortlogs of a text are held against its patches.
const maxLogs = 10

// FittingShortlog returns the blocks of which wrong is least: of all together, or of the last, or of one before it.
func (c *Letter) FittingShortlog(wrong func([]ShortlogAuthor) int) []ShortlogAuthor {
	best := c.Shortlog
	if len(best) == 0 || best[len(best)-1].Log == 0 {
		return best
	}
	least := wrong(best)
	last := best[len(best)-1].Log
	for log := last; log >= max(0, last-maxLogs) && least > 0; log-- {
		one := slices.DeleteFunc(slices.Clone(c.Shortlog), func(a ShortlogAuthor) bool { return a.Log != log })
		if n := wrong(one); n < least {
			best, least = one, n
		}
	}
	return best
}
