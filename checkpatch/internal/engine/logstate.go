// SPDX-License-Identifier: GPL-2.0-only

package engine

// logState is what has been seen of the mail's header and of the commit message.
type logState struct {
	Header    bool // within the header of the mail
	Message   bool // within the commit message
	Had       bool // there was a commit message
	Separator bool // there was a line "---"
	Lines     int  // that are not empty, in the message

	Dump, LongLine, Diff bool // a stack dump goes on; a long line, a diff was complained of
	Maintainers          bool // no more word about MAINTAINERS
	OtherCharset         bool // the header names a charset that is not UTF-8
	LastCommit           int  // the last line that ends with the word commit

	Author string
	// AuthorForeign tells that the name of the author is encoded in another charset than UTF-8.
	AuthorForeign bool

	AuthorSign SignMatch
	AuthorLine string
	Signoffs   int
	Fixes      bool
	Revert     bool
	NeedsFixes string
	Signatures map[string]bool
}

// SignMatch is how a Signed-off-by line agrees with the author.
type SignMatch int

const (
	SignMissing    SignMatch = iota // the author did not sign
	SignSame                        // as the From has it
	SignComment                     // only comments differ
	SignName                        // the same address, another name
	SignAddress                     // the same name, another address
	SignSubaddress                  // the same name, and the same address but for a +detail
)
