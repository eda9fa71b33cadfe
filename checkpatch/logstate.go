// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

// logState is what has been seen of the mail's header and of the commit message.
type logState struct {
	header    bool // within the header of the mail
	message   bool // within the commit message
	had       bool // there was a commit message
	separator bool // there was a line "---"
	lines     int  // that are not empty, in the message

	dump, longLine, diff bool // a stack dump goes on; a long line, a diff was complained of
	maintainers          bool // no more word about MAINTAINERS
	otherCharset         bool // the header names a charset that is not UTF-8
	lastCommit           int  // the last line that ends with the word commit

	author     string
	authorSign signMatch
	authorLine string
	signoffs   int
	fixes      bool
	revert     bool
	needsFixes string
	signatures map[string]bool
}

// signMatch is how a Signed-off-by line agrees with the author.
type signMatch int

const (
	signMissing signMatch = iota
	signSame
	signComment    // only comments differ
	signName       // the same address, another name
	signAddress    // the same name, another address
	signSubaddress // the same name, and the same address but for a +detail
)
