// SPDX-License-Identifier: GPL-2.0-only

// Package series reads patch series from mails, and validates them as a mailing list would.
//
// For most uses, call [Open] with the names that a user gave, or [Read] with a reader, and take
// the first [patchset.Set] of the result: the newest version. [All] is the same for mailboxes
// of any size, one set at a time. [Check] says what is wrong with a set, [Compare] what changed
// between two versions, and [Am] writes a set as a mailbox for git am.
//
// # One mail
//
// A mail becomes what git am makes of it: split off as git mailsplit -b does, decoded as git
// mailinfo does, then cleaned up as git am cleans the message and git the author's name. It does
// so byte for byte, quirks included, so that the commits are the same. Where git refuses a mail
// the reader goes on with the best reading, and DecodeErr says what git says.
//
// These differences to git are deliberate:
//
//   - A mailbox that starts with an undated "From " line is split at such lines, where they
//     follow an empty line and precede a header. Git takes the mailbox for one mail.
//   - An open quote or comment in a From header ends with the header; git before 2.43 reads past
//     its buffer. Times without seconds behind a "T" and names that end in a full stop are taken
//     as they are, and the option MessageID writes "Message-ID", as in the newest git; older ones
//     differ.
//   - A date without a zone is in UTC; git takes the zone of the machine. A day before 1970 is
//     no date; git makes a number of twenty digits of some.
//   - Charsets come from golang.org/x/text. It lacks some hundred that iconv has and mails do not
//     use (EBCDIC, old PC code pages, UTF-7, ISO-2022-KR and -CN); a mail in one of these has
//     DecodeErr. GB2312 is read as GBK, its superset, and in KOI8-U, CP1255 and Macintosh a few
//     rare characters are WHATWG's and not glibc's.
//   - A file whose format git am cannot detect is read as a mailbox. Files of a folder, and those
//     that a quilt series file lists, are detected one by one.
//   - A series file lists regular files below its folder alone, and no link leads out of it; git
//     opens whatever StGit's series file names.
//   - A date of a Mercurial patch that git makes 1970 of, since it is too far ahead, and a zone of
//     100 hours or more are errors.
//   - A mail of more than 32 MB, a series of more than 256 MB and an input of more than 512 MB
//     once unpacked are errors.
//
// A patch that StGit or Mercurial exported becomes the mail that git am makes of it, before all
// else. Its format is that of the first file, or the one that the caller gave.
//
// # A series
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
// memory at once: one with the caller of [All], and the next.
package series
