// SPDX-License-Identifier: GPL-2.0-only

// Package thread finds out which mails make a series. For most uses, call [One] with the inputs
// that package source found, or [Read] with one mailbox, for one series in all its versions; [Sets] is
// for all of them.
//
// Files, and a mailbox that is no archive, are what a user wants applied: one series of all patches,
// in the order of the mails, as git am takes them. Where the numbers in the subjects agree with that
// they count; where they do not, Order of the set says so. An archive shows itself by the first
// line of a public-inbox mailbox and a thread in it, by replies, or by several versions of a patch; a maildir, a
// thread from a server and a mail that was named by its Message-ID are archives too.
//
// In an archive a patch belongs to the cover letter that it answers, or to the first patch, whatever
// else the thread holds; two that count the same are two series. A cover letter is what the patches
// answer, whether or not its subject counts as theirs do, or at all. Where the thread is broken,
// sender, version, total and prefix tell. A version of which only some patches were sent, in answer
// to the version before, is completed from that; CarriedFrom marks these patches.
//
// A mail with "Re:" is a reply, even with a diff in it, and so is one that answers a patch and has
// none. Replies give their trailers to the patch that they answer, see [patchset.ReceivedTrailer].
// In a mailbox of several series, mails that belong to none are left out.
//
// The index of a mailbox keeps some hundred bytes for each mail, and no more than two sets are in
// memory at once: one with the caller of [Sets], and the next. A series of more than 256 MB is an
// error.
package thread
