// SPDX-License-Identifier: GPL-2.0-only

// Package mail reads one mail as git does: [Read] takes it apart, and [NewPatch] makes the patch
// that git am would commit of it. [Split] finds the mails of a mailbox.
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
//   - A mail of more than 32 MB is an error.
package mail
