// SPDX-License-Identifier: GPL-2.0-only

package thread

// kinds mends by the threads what the subject alone said of each mail.
//
// Who answers a mail without a diff gives a reply, "Re:" or not. What has no diff, answers nothing
// and is answered by numbered patches of the same sender is their cover letter, whatever its
// subject, and also where it asks to pull them.
func (a *assembly) kinds() {
	led := map[*entry]bool{}    // mails that patches of their sender answer, as those of a series do
	begins := map[*entry]bool{} // those that a first patch answers
	answered := map[*entry]bool{}
	for _, e := range a.entries {
		up := a.byID[e.parent]
		if up == nil || up == e {
			continue
		}
		first := !answered[up]
		answered[up] = true
		if e.kind != kindPatch || up.author != e.author {
			continue
		}
		begins[up] = begins[up] || e.subj.Numbered && e.subj.Index == 1
		// An unnumbered patch is often sent to end a talk. It is one of a series below a mail that says PATCH itself, or that nobody answered before.
		if e.subj.Numbered || e.diff && up.subj.Version == e.subj.Version && up.subj.Title != e.subj.Title && (up.subj.Patch || first && e.subj.Patch) {
			led[up] = true
		}
	}
	for _, e := range a.entries {
		up := a.byID[e.parent]
		switch {
		case e.diff || e.kind == kindPull || e.subj.Reply:
		case up != nil && up != e && e.kind == kindCover && !led[e] && e.adds(up):
			e.kind = kindReply
		case up != nil && up != e && e.kind == kindReply && e.author == up.author && e.subj.Title != up.subj.Title && begins[e]:
			e.kind = kindCover // of a series that was sent in answer to another
		case up != nil && up != e && e.answers(up) && !(e.kind == kindCover && begins[e]): // else of a series that is sent again
			e.kind = kindReply
		case e.kind != kindCover && led[e] && up == nil:
			e.kind = kindCover
		}
		if e.pull && e.kind == kindReply && !led[e] {
			e.kind = kindPull
		}
	}
}

// adds reports whether e, a cover letter that no patch answers, is a word more on up, that of its series: "I forgot the changelog".
func (e *entry) adds(up *entry) bool {
	return up.kind == kindCover && e.author == up.author && e.subj.Version == up.subj.Version && e.subj.Total == up.subj.Total && up.subj.Numbered
}

// answers reports whether e, which has no diff and no "Re:", is a reply to up rather than a cover
// letter or a patch that lost its diff: it repeats the subject, or comes from somebody else.
func (e *entry) answers(up *entry) bool {
	switch {
	case e.kind == kindReply:
		return true
	case e.subj.Title == up.subj.Title && e.subj.Index == up.subj.Index && e.subj.Version == up.subj.Version:
		return true
	case e.kind == kindCover:
		return false
	}
	return !e.subj.Numbered || e.author != up.author
}
