// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/cover"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

func checkShortlog(x *exam, tell func(report.Finding)) {
	if !x.complete() {
		return
	}
	shortlog := x.shortlog()
	if len(shortlog) == 0 {
		return
	}
	for _, author := range shortlog {
		if author.Count != len(author.Titles) {
			tell(report.Finding{Message: fmt.Sprintf(
				"the shortlog counts %s of %s and lists %d", report.Plural(author.Count, "patch"), author.Name, len(author.Titles))})
		}
	}
	unlisted, unknown := x.compareShortlog(shortlog)
	for _, p := range unlisted {
		tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("the shortlog does not list %q", p.Title)})
	}
	for _, title := range unknown {
		tell(report.Finding{Message: fmt.Sprintf("the shortlog lists %q, which no patch is called", title)})
	}
}

// compareShortlog returns the patches that a shortlog does not list, and the titles that no patch has.
func (x *exam) compareShortlog(shortlog []cover.ShortlogAuthor) (unlisted []titled, unknown []string) {
	claimed := map[string]int{}
	for _, author := range shortlog {
		for _, title := range author.Titles {
			claimed[mail.PlainTitle(title)]++
		}
	}
	for _, p := range x.set.Patches {
		title := mail.PlainTitle(mail.ReadTitle(p))
		if claimed[title]--; claimed[title] < 0 {
			unlisted = append(unlisted, titled{p, title})
		}
	}
	for _, author := range shortlog {
		for _, title := range author.Titles {
			if plain := mail.PlainTitle(title); claimed[plain] > 0 {
				claimed[plain]--
				unknown = append(unknown, plain)
			}
		}
	}
	return withoutShortened(unlisted, unknown)
}

// titled is a patch and its title, as a shortlog has it.
type titled struct {
	*patchset.Patch
	plain string
}

// maxShortened bounds how many titles of a shortlog are taken for ones that somebody wrote by hand: each is looked for in each patch.
const maxShortened = 100

// withoutShortened leaves out patches of which a title of the shortlog is a part, of two words or more, and these titles: some
// write a shortlog by hand.
func withoutShortened(patches []titled, titles []string) ([]titled, []string) {
	if len(titles) > maxShortened {
		return patches, titles
	}
	titles = slices.DeleteFunc(titles, func(title string) bool {
		i := slices.IndexFunc(patches, func(p titled) bool { return strings.Contains(title, " ") && strings.Contains(p.plain, title) })
		if i < 0 {
			return false
		}
		patches = slices.Delete(patches, i, i+1)
		return true
	})
	return patches, titles
}

// shortlog returns the blocks of the cover letter that git shortlog can have written, of the shortlog that fits the patches where
// there are several. It counts right, so that one which counts wrong and names no patch is of something else: "REMOVED (744):" over
// a list of symbols.
func (x *exam) shortlog() []cover.ShortlogAuthor {
	return slices.DeleteFunc(slices.Clone(x.cover.FittingShortlog(x.shortlogErrors)), func(author cover.ShortlogAuthor) bool {
		return author.Count != len(author.Titles) && !slices.ContainsFunc(author.Titles, func(title string) bool {
			return slices.ContainsFunc(x.set.Patches, func(p *patchset.Patch) bool { return mail.PlainTitle(mail.ReadTitle(p)) == mail.PlainTitle(title) })
		})
	})
}

func (x *exam) shortlogErrors(shortlog []cover.ShortlogAuthor) int {
	unlisted, unknown := x.compareShortlog(shortlog)
	return len(unlisted) + len(unknown)
}

func checkShortlogAuthor(x *exam, tell func(report.Finding)) {
	names := map[string][]string{} // by title
	for _, author := range x.cover.Shortlog {
		for _, title := range author.Titles {
			names[mail.PlainTitle(title)] = append(names[mail.PlainTitle(title)], author.Name)
		}
	}
	for _, p := range x.set.Patches {
		claimed := names[mail.PlainTitle(mail.ReadTitle(p))]
		if len(claimed) > 0 && !slices.Contains(claimed, p.Author.Name) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the shortlog gives the patch to %s, its mail to %s", claimed[0], p.Author.Name)})
		}
	}
}
