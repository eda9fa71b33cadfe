// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"context"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/checks"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// ErrNoPatches is the error for mails that hold no patch: an empty mailbox, or replies alone.
var ErrNoPatches = source.ErrNoPatches

// Options says how mails are read. The zero value reads them as git am does without options.
type Options struct {
	// Stdin is read for the name "-".
	Stdin io.Reader
	// Range returns the commits of a tree ("A..B") as git format-patch writes them.
	Range func(ctx context.Context, spec string) ([]byte, error)
	// Archive is the URL of the public-inbox server that Message-IDs are looked up at, and
	// Client does the requests. The defaults are lore.kernel.org/all and a client of our own.
	Archive string
	Client  *http.Client
	// RetryPause is how long to wait before a failed request is made again, one second if 0. It
	// doubles from try to try.
	RetryPause time.Duration
	// Progress takes lines about what is fetched; it may be nil.
	Progress io.Writer

	// Since leaves out what came into a local archive in git before; the zero time leaves out nothing.
	Since time.Time

	// PassOver is told by [All] of each mail and each series that is too large to be read, and is left out then: in an archive one
	// mail of a stranger is not to stand before all others. Where it is nil that is an error. It is called by any goroutine.
	PassOver func(error)

	// Scissors cuts off all above a "-- >8 --" line, as git am --scissors does.
	Scissors bool
	// Threads sorts the mails of files and plain mailboxes by their threads as well. Without it
	// these are one series as they lie, which is how git am takes them; threads are for archives.
	Threads bool
	// KeepCR keeps CRs at line ends, as git am --keep-cr does.
	KeepCR bool
	// MessageID adds a Message-ID trailer, as git am --message-id does.
	MessageID bool
	// StripQuotedCR drops CRs that the transfer encoding hid, as git am --quoted-cr=strip does.
	StripQuotedCR bool
	// IgnoreInBody takes in-body headers for text.
	IgnoreInBody bool
	// KeepSubject keeps all of the subject, as git am --keep does, and KeepNonPatch the brackets
	// that do not say PATCH, as git am --keep-non-patch does.
	KeepSubject, KeepNonPatch bool
	// Encoding is what git am would commit in, "" for UTF-8; NoRecode leaves the bytes of mails as they are, as
	// git am --no-utf8 does. Where either is set, Mailinfo takes patches apart, as git mailinfo does for such
	// commits with these arguments; it returns what that prints, the message and the patch.
	Encoding string
	NoRecode bool
	Mailinfo func(mail []byte, encoding string, args []string) (info, message, patch []byte, err error)
	// PatchFormat is the format of files and of standard input, as git am --patch-format names
	// it, one of [PatchFormats]. Where it is "", the first file tells, as for git am.
	PatchFormat string
}

// forIndex returns what the reading of mails needs.
func (o *Options) forIndex() thread.Options {
	return thread.Options{KeepCR: o.KeepCR, Threads: o.Threads, PatchFormat: o.PatchFormat, PassOver: o.PassOver, Mail: mail.Options{
		Scissors: o.Scissors, MessageID: o.MessageID, IgnoreInBody: o.IgnoreInBody,
		StripQuotedCR: o.StripQuotedCR, KeepSubject: o.KeepSubject, KeepNonPatch: o.KeepNonPatch,
		Encoding: o.Encoding, NoRecode: o.NoRecode, Mailinfo: o.Mailinfo,
	}}
}

// forSource returns what finding the mails needs.
func (o *Options) forSource() *source.Options {
	return &source.Options{
		Stdin: o.Stdin, Commits: o.Range, Archive: o.Archive, Client: o.Client, RetryPause: o.RetryPause,
		Progress: o.Progress, PatchFormat: o.PatchFormat, Since: o.Since, PassOver: o.PassOver,
	}
}

// Open reads the series that names stand for, and returns all versions of it, the newest first. Where
// the mails hold several it is that of the mail that was named, else the first; LeftOut of each set
// names the others, and [All] reads them.
// A name is an mbox, a maildir, a folder with patches, a patch file, a quilt series file, each
// also compressed with gzip or xz; a patch that StGit or Mercurial exported, or StGit's series
// file; "-" for standard input; "A..B"; "builtin:NAME"; a Message-ID; or the URL of a mail or a
// thread in an archive. Several names are the files of one series.
//
// The error is or wraps [ErrNoPatches] where there are mails but no patches. It carries a hint
// where a person can mend it.
func Open(ctx context.Context, names []string, opts *Options) ([]*patchset.Set, error) {
	if opts == nil {
		opts = new(Options)
	}
	inputs, err := source.Resolve(ctx, names, opts.forSource())
	if err != nil {
		source.CloseAll(inputs)
		return nil, err
	}
	return thread.One(inputs, opts.forIndex())
}

// Read reads the mails of r, an mbox or a single mail, and returns what [Open] does. Name
// stands for r in messages.
func Read(r io.Reader, name string, opts *Options) ([]*patchset.Set, error) {
	if opts == nil {
		opts = new(Options)
	}
	return thread.Read(r, name, opts.forIndex())
}

// All reads every series that names stand for, in all versions, from mailboxes of any size: it holds
// one set in memory at a time, and of all other mails only where they are. After an error it ends.
func All(ctx context.Context, names []string, opts *Options) iter.Seq2[*patchset.Set, error] {
	if opts == nil {
		opts = new(Options)
	}
	return func(yield func(*patchset.Set, error) bool) {
		inputs, err := source.Resolve(ctx, names, opts.forSource())
		if err != nil {
			source.CloseAll(inputs)
			yield(nil, err)
			return
		}
		threads := opts.forIndex()
		threads.Threads = true
		thread.Sets(inputs, threads)(yield)
	}
}

// Check examines v.Set as the reviewers of a mailing list would, and returns what they would say,
// sorted. Where v holds nothing else, the series is judged by its mails alone.
func Check(v *check.View) ([]report.Finding, error) { return check.Run(v, Checks()) }

// NotSubmission says why the mails of v are no submission for its tree, in words that follow "not judged: ", or returns "":
// they are a notice of the stable maintainers or of a robot, ask to pull, or are for another project.
func NotSubmission(v *check.View) string { return checks.NotSubmission(v) }

// Checks returns the checks that [Check] makes, in their order.
func Checks() []*check.Check { return checks.All() }

// PatchFormats returns the values that the option PatchFormat takes.
func PatchFormats() []string { return source.PatchFormats() }
