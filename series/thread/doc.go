// SPDX-License-Identifier: GPL-2.0-only

// Package thread finds out which mails make a series. For most uses, call [Sets] with the inputs
// that package source found, or [Read] with one mailbox.
//
// Patches and cover letters come together by thread, or, where the thread is broken, by sender,
// version, total and prefix. Files without numbers are one series in the order of their names, a
// quilt series is one whatever its subjects say, and so is a mailbox whose mails have neither
// numbers nor Message-IDs. A version of which only some patches were sent, in answer to the
// version before, is completed from that; CarriedFrom marks these patches.
//
// A mail with "Re:" is a reply, even with a diff in it. Replies give their trailers to the patch
// that they answer, see [patchset.ReceivedTrailer]. In a mailbox of several series, mails that
// belong to none are left out.
//
// The index of a mailbox keeps some hundred bytes for each mail, and no more than two sets are in
// memory at once: one with the caller of [Sets], and the next. A series of more than 256 MB is an
// error.
package thread
