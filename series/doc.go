// SPDX-License-Identifier: GPL-2.0-only

// Package series reads patch series from mails, and validates them as a mailing list would.
//
// For most uses, call [Open] with the names that a user gave, or [Read] with a reader, and take
// the first [patchset.Set] of the result: the newest version. [All] is the same for mailboxes
// of any size, a set at a time. [Check] says what is wrong with a set, and [Compare] what
// changed between two versions.
//
// # Reading
//
// Each mail becomes what git am makes of it: splitting as git mailsplit -b does, decoding as
// git mailinfo does, then git am's clean-up of the message and of the author's name. Byte for
// byte, so that the commits are the same.
package series
