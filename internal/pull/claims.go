// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/cover"
)

// maxNamed is how many commits or files a finding names.
const maxNamed = 5

// compareShortlog holds the announced titles against those of the commits since the announced base.
func (p *pulling) compareShortlog() error {
	if len(p.request.letter.Shortlog) == 0 {
		p.tell("pull/no-shortlog", 0, "the mail has no shortlog")
		return nil
	}
	out, err := p.git("log", "--reverse", "--format=%s", p.since+".."+p.head)
	if err != nil {
		return err
	}
	shortlog := p.request.letter.FittingShortlog(func(blocks []cover.ShortlogAuthor) int {
		missing, absent := compareTitles(blocks, out)
		return len(missing) + len(absent)
	})
	for _, a := range shortlog {
		if a.Count > 0 && a.Count != len(a.Titles) {
			p.tell("pull/shortlog", 0, "the shortlog counts %s of %s and lists %d", report.Plural(a.Count, "commit"), a.Name, len(a.Titles))
		}
	}
	missing, absent := compareTitles(shortlog, out)
	if len(missing) > 0 {
		p.tell("pull/shortlog", 0, "the shortlog does not announce %s: %s", report.Plural(len(missing), "commit"), some(missing))
	}
	if len(absent) > 0 {
		p.tell("pull/shortlog", 0, "the shortlog announces what is not there, %s: %s", report.Plural(len(absent), "commit"), some(absent))
	}
	return nil
}

// compareTitles returns the titles of subjects, one a line, that the shortlog lacks, and those that it has beside them, quoted.
func compareTitles(shortlog []cover.ShortlogAuthor, subjects string) (missing, absent []string) {
	announced := map[string]int{}
	for _, a := range shortlog {
		for _, title := range a.Titles {
			announced[squeeze(title)]++
		}
	}
	for title := range strings.Lines(subjects) {
		if title = squeeze(title); announced[title] > 0 {
			announced[title]--
		} else if !strings.HasPrefix(title, "Merge ") { // git shortlog --no-merges, which some use, leaves them out
			missing = append(missing, fmt.Sprintf("%q", title))
		}
	}
	for title, n := range announced {
		if n > 0 {
			absent = append(absent, fmt.Sprintf("%q", title))
		}
	}
	slices.Sort(absent)
	return missing, absent
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// compareDiffstat holds the announced diffstat against what changes since the announced base, with or without
// renames looked for.
func (p *pulling) compareDiffstat() error {
	letter := p.request.letter
	if len(letter.Stats) == 0 || letter.Totals == nil {
		p.tell("pull/no-diffstat", 0, "the mail has no diffstat")
		return nil
	}
	var wrong []string
	for _, renames := range []string{"-M", "--no-renames"} {
		for _, from := range []string{p.since, p.base} {
			out, err := p.git("diff", renames, "--stat=10000,9000", "--summary", from, p.head)
			if err != nil {
				return err
			}
			if wrong = differences(letter, cover.Parse(out)); len(wrong) == 0 {
				return nil
			}
		}
	}
	p.tell("pull/diffstat", 0, "the diffstat is not that of %.12s..%.12s: %s", p.since, p.head, some(wrong))
	return nil
}

// differences names what announced says otherwise than the diff.
func differences(announced, is *cover.Letter) []string {
	var wrong []string
	if is.Totals == nil {
		return []string{"nothing changes"}
	}
	matched := make([]bool, len(is.Stats))
	for i, at := range cover.Pair(announced.Stats, is.Stats) {
		s := announced.Stats[i]
		if at < 0 {
			wrong = append(wrong, s.Path+" does not change")
			continue
		}
		matched[at] = true
		if have := is.Stats[at]; s.Changes != have.Changes && !s.Binary && !have.Binary {
			wrong = append(wrong, fmt.Sprintf("%s has %s and not %d", have.Path, report.Plural(have.Changes, "changed line"), s.Changes))
		}
	}
	for i, have := range is.Stats {
		if !matched[i] {
			wrong = append(wrong, have.Path+" is not announced")
		}
	}
	if len(wrong) == 0 && *announced.Totals != *is.Totals {
		wrong = append(wrong, fmt.Sprintf("it is %v, announced are %v", is.Totals, announced.Totals))
	}
	return wrong
}

// some joins the first of a list.
func some(list []string) string {
	if len(list) > maxNamed {
		return strings.Join(list[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(list)-maxNamed)
	}
	return strings.Join(list, ", ")
}
