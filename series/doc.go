// SPDX-License-Identifier: GPL-2.0-only

// Package series reads patch series from mails, and validates them as a mailing list would.
//
// For most uses, call [Open] with the names that a user gave, or [Read] with a reader, and take
// the first [patchset.Set] of the result: the newest version. [All] is the same for mailboxes
// of any size, one set at a time. [Check] says what is wrong with a set, and [Am] writes it as a
// mailbox for git am.
//
// The work is done in the rooms below:
//
//   - source: where mails come from: files, folders, archives, servers
//   - mail: one mail, read as git reads it
//   - thread: which mails make a series, and who answers whom
//   - checks: what reviewers of a list look at; it asks cover (what a cover letter claims),
//     attest (what signatures prove) and maintainers (who is to get a patch)
//   - compare: what changed between two versions
//
// Each imports only those before it.
package series
