// SPDX-License-Identifier: GPL-2.0-only

// Package source finds the mails that names stand for. For most uses, call [Resolve] with what a
// user named: files, folders, archives, servers, commits. It returns inputs, each a mailbox that
// can be read at any place, more than once; [CloseAll] closes them.
//
// A patch that StGit or Mercurial exported becomes the mail that git am makes of it, before all
// else. Its format is that of the first file, or the one that the caller gave. These differences
// to git am are deliberate:
//
//   - A file whose format git am cannot detect is read as a mailbox. Files of a folder, and those
//     that a quilt series file lists, are detected one by one.
//   - A series file lists regular files below its folder alone, and no link leads out of it; git
//     opens whatever StGit's series file names.
//   - A date of a Mercurial patch that git makes 1970 of, since it is too far ahead, and a zone of
//     100 hours or more are errors.
//
// An input of more than 512 MB once unpacked is an error.
package source
