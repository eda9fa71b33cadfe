// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Checks lists what is looked for in a request to pull, beside what series and checkpatch say of its commits.
// They have no Run: [Run] makes them, on what it fetched.
func Checks() []*check.Check { return slices.Clone(table) }

var table = []*check.Check{
	{ID: "pull/unreadable", Severity: report.Error, What: "the mail does not say what to pull from where", Why: "nobody can pull it"},
	{ID: "pull/no-tag", Severity: report.Warning, What: "a branch is asked for, and no tag", Why: "a signed tag vouches for what it holds, and says what it is for"},
	{ID: "pull/unsigned", Severity: report.Error, What: "the tag is not signed", Why: "anybody who can write to the server could have made it"},
	{ID: "pull/signature-bad", Severity: report.Error, What: "the tag is not what was signed", Why: "somebody changed it"},
	{ID: "pull/signature-expired", Severity: report.Warning, What: "the key or the signature has expired or was revoked", Why: "it may be somebody else's by now"},
	{ID: "pull/signature-unknown", Severity: report.Warning, What: "the key that signed the tag is not among those at hand", Why: "who signed it could not be checked"},
	{ID: "pull/signature-valid", Severity: report.Note, What: "who signed the tag", Why: "whether that person may ask is for you to say"},
	{ID: "pull/head-differs", Severity: report.Error, What: "what is there is not what the mail announces", Why: "somebody moved it since"},
	{ID: "pull/nothing-new", Severity: report.Warning, What: "the tree has all of it", Why: "it was pulled already"},
	{ID: "pull/base-unknown", Severity: report.Warning, What: "the commit that the mail counts from is nowhere", Why: "it was rebased, or made on another tree"},
	{ID: "pull/base-differs", Severity: report.Note, What: "the tree's history leaves the branch elsewhere than the mail says", Why: "commits that are counted here are not those that the mail counts"},
	{ID: "pull/no-shortlog", Severity: report.Warning, What: "the mail has no shortlog", Why: "what it holds cannot be told from the mail"},
	{ID: "pull/shortlog", Severity: report.Error, What: "the shortlog is not that of the commits", Why: "something was added or taken away since, or the mail is of another branch"},
	{ID: "pull/no-diffstat", Severity: report.Warning, What: "the mail has no diffstat", Why: "what it changes cannot be told from the mail"},
	{ID: "pull/diffstat", Severity: report.Error, What: "the diffstat is not that of the changes", Why: "as with the shortlog"},
	{ID: "pull/empty-commit", Severity: report.Warning, What: "a commit changes nothing", Why: "it was emptied by a rebase, as a rule"},
	{ID: "pull/committer-signoff", Severity: report.Error, What: "who committed a change did not sign it off", Why: "whoever hands a change on signs it off; linux-next refuses it without"},
	{ID: "pull/not-posted", Severity: report.Warning, What: "with --inbox: no mail has the same change (patch-id)", Why: "nobody could review what is to be pulled"},
	{ID: "pull/back-merge", Severity: report.Warning, What: "a merge of what the tree has already", Why: "Documentation/maintainer/rebasing-and-merging.rst: it mixes others' work into a topic"},
	{ID: "pull/bare-merge", Severity: report.Note, What: "a merge that does not say why", Why: "the same document asks for the reason"},
	{ID: "pull/only-merges", Severity: report.Note, What: "no commits but merges", Why: "there is nothing of its own to check"},
	{ID: "pull/late-rebase", Severity: report.Warning, What: "all commits, three or more, were made within two days before the request", Why: "what was tested was something else"},
	{ID: "pull/outside-entries", Severity: report.Warning, What: "files that no entry of the requester's in MAINTAINERS covers", Why: "their maintainers should have agreed"},
	{ID: "pull/not-in-next", Severity: report.Warning, What: "with --next: commits that linux-next never had", Why: "nobody built them together with others' work"},
	{ID: "pull/short-in-next", Severity: report.Warning, What: "with --next: commits that linux-next had for less than two days", Why: "likewise"},
	{ID: "pull/conflict", Severity: report.Warning, What: "it does not merge by itself", Why: "who pulls has to resolve it"},
}

// severityOf returns the severity of a check of the table.
func severityOf(id string) report.Severity {
	i := slices.IndexFunc(table, func(c *check.Check) bool { return c.ID == id })
	return table[i].Severity
}
