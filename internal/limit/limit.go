// SPDX-License-Identifier: GPL-2.0-only

// Package limit has the limits on what one input, tree, server, build or guest may make us do.
//
// They are constants for the packages that keep them, and [All] is the list for people, against which docs/limits.md is held. One
// that is met is a finding, or an error where nothing of the input can be used, which names the limit.
package limit

import (
	"fmt"
	"time"
)

// Mails and their sources. Sizes are in bytes.
const (
	InputBytes   = 512 << 20 // of one mailbox or archive, unpacked
	UnpackTimes  = 50        // its own size that what is compressed may unpack to; real mails reach twelve
	FolderBytes  = 64 << 20  // of the compressed files of one folder, unpacked
	PageBytes    = 16 << 20  // of a page of an archive
	ListBytes    = 1 << 20   // of a series file of quilt or StGit
	HeadBytes    = 1 << 20   // of the headers of a mail
	MailBytes    = 32 << 20  // of a mail
	SeriesBytes  = 256 << 20 // of all mails of a series, with its replies
	Redirects    = 5         // of a server
	Signatures   = 5         // of a kind in one mail
	SeriesMails  = 32 << 10  // of a series in all its versions, with its replies
	VersionsBack = 100       // that patches and trailers of a series are taken from
	Received     = 200       // trailers that replies give one patch, or a whole series
	CoverBytes   = 1 << 20   // of a cover letter whose claims are looked at
	LongBytes    = 2 << 20   // of long lines in the messages of a series
	References   = 200       // to commits in one message
	Lookups      = 500       // of commits in the tree, for a series
	ConfigBytes  = 1 << 20   // of .lsmpatch.toml
	KeyBytes     = 1 << 20   // of a key in a keyring
	PatchLines   = 1 << 20   // of the diff of one patch
	PatchFiles   = 1 << 15   // of one patch; the most that a commit of Linux changed is a third of it
	FileHunks    = 1 << 17   // of one file in a patch
	PlacingLines = 1 << 27   // compared to place the hunks of one patch
	BlobBytes    = 512 << 20 // that a binary patch may make
)

// Trees, and what is read of them.
const (
	FileBytes    = 64 << 20        // of a file of a tree
	TreeFiles    = 2 << 20         // of a tree
	KconfigBytes = 4 << 20         // of one Kconfig file
	MacroTokens  = 1 << 17         // that the macros of one file make
	HeaderFiles  = 800             // that are read in search of a name
	SolveTime    = 5 * time.Minute // that configurations are solved for; the tree's own Kconfig takes a second or some
)

// Style.
const (
	InputLines     = 2 << 20     // of an input that are looked at
	LineBytes      = 1 << 20     // of a line that are looked at
	LineSteps      = 3_000_000   // of patterns, for one line
	InputSteps     = 300_000_000 // of patterns, for one input
	LineFindings   = 1000        // of one line
	InputFindings  = 100_000     // of one input
	StatementBytes = 10_000_000  // read for statements, and fifty times the size of the input
)

// Fetches.
const (
	PackBytes    = 8 << 30   // of what a git server sends
	GitMemory    = 4 << 30   // of a git that fetches
	GitTime      = time.Hour // of its processor
	ServerSilent = time.Minute
	ArchiveBytes = 32 << 30  // of an archive, unpacked
	ArchiveFile  = 256 << 20 // of one file in it
)

// Programs that somebody else wrote: builds, scripts of a tree, emulators.
const (
	Processes    = 4096 // at a time
	Address      = 64 << 30
	WrittenFile  = 8 << 30
	Disk         = 40 << 30
	Temporary    = 2 << 30
	Output       = 256 << 20
	RunTime      = 6 * time.Hour // --time-limit
	ScriptTime   = 10 * time.Minute
	ConsoleBytes = 64 << 20
	Emulator     = 256 // processes of an emulator
)

// The queue of jobs, and its pages.
const (
	QueueConnections = 4096
	QueueMessage     = 1 << 20  // of a job
	CacheObject      = 64 << 20 // that ccache puts into the cache of serve
	Meetings         = 30       // series that a new one is held against
	MeetingBytes     = 64 << 20 // of the mails of these
	WebClients       = 10_000   // whose requests are counted
	WebListeners     = 1000     // to the progress of jobs
)

// A Limit is one for people.
type Limit struct {
	Name  string // as reports name it
	Value string
	Told  string // where it is told that it was met: the ID of a check, or "error"
}

// All lists the limits, by subject.
func All() []Limit {
	return []Limit{
		{"bytes of an input, unpacked", bytes(InputBytes), "error"},
		{"times its size that an input unpacks to", fmt.Sprint(UnpackTimes), "error"},
		{"bytes of a folder's compressed files, unpacked", bytes(FolderBytes), "error"},
		{"bytes of a page of an archive", bytes(PageBytes), "error"},
		{"bytes of a series file", bytes(ListBytes), "error"},
		{"bytes of a mail's headers", bytes(HeadBytes), "error"},
		{"bytes of a mail", bytes(MailBytes), "error"},
		{"bytes of a series and its replies", bytes(SeriesBytes), "error"},
		{"mails of a series in all versions, with the replies", fmt.Sprint(SeriesMails), "error"},
		{"versions back that patches and trailers come from", fmt.Sprint(VersionsBack), "series/not-checked"},
		{"trailers that replies give a patch", fmt.Sprint(Received), "series/not-checked"},
		{"bytes of a cover letter with claims", bytes(CoverBytes), "series/not-checked"},
		{"bytes of long lines in the messages of a series", bytes(LongBytes), "series/not-checked"},
		{"redirects of a server", fmt.Sprint(Redirects), "error"},
		{"signatures of a kind in a mail", fmt.Sprint(Signatures), "the check of the signature"},
		{"references to commits in a message", fmt.Sprint(References), "series/not-checked"},
		{"commits that are looked up for a series", fmt.Sprint(Lookups), "series/not-checked"},
		{"bytes of .lsmpatch.toml", bytes(ConfigBytes), "error"},
		{"bytes of a key in a keyring", bytes(KeyBytes), "series/developer-unverified"},
		{"lines of the diff of a patch", fmt.Sprint(PatchLines), "series/damaged-diff"},
		{"files of a patch", fmt.Sprint(PatchFiles), "series/damaged-diff"},
		{"hunks of a file", fmt.Sprint(FileHunks), "error"},
		{"lines compared to place the hunks of a patch", fmt.Sprint(PlacingLines), "apply/hunk"},
		{"bytes that a binary patch makes", bytes(BlobBytes), "error"},
		{"bytes of a file of a tree", bytes(FileBytes), "error"},
		{"files of a tree", fmt.Sprint(TreeFiles), "error"},
		{"time that configurations are solved for", SolveTime.String(), "build/not-compiled"},
		{"lines of an input that style looks at", fmt.Sprint(InputLines), "checkpatch/LIMIT"},
		{"bytes of a line that style looks at", bytes(LineBytes), "checkpatch/LIMIT"},
		{"steps of patterns for a line", fmt.Sprint(LineSteps), "checkpatch/LIMIT"},
		{"steps of patterns for an input", fmt.Sprint(InputSteps), "checkpatch/LIMIT"},
		{"findings of style for a line", fmt.Sprint(LineFindings), "checkpatch/LIMIT"},
		{"findings of style for an input", fmt.Sprint(InputFindings), "checkpatch/LIMIT"},
		{"bytes that style reads for statements", bytes(StatementBytes), "checkpatch/LIMIT"},
		{"bytes that a git server sends", bytes(PackBytes), "error"},
		{"memory of a git that fetches", bytes(GitMemory), "error of git"},
		{"processor time of a git that fetches", GitTime.String(), "error of git"},
		{"silence of a git server", ServerSilent.String(), "error"},
		{"bytes of an archive, unpacked", bytes(ArchiveBytes), "error"},
		{"bytes of a file in an archive", bytes(ArchiveFile), "error"},
		{"processes of a program", fmt.Sprint(Processes), "build/limit"},
		{"address space of a process", bytes(Address), "build/limit"},
		{"memory of a program", "nine tenths of the machine's", "build/limit"},
		{"size of a file that a program writes", bytes(WrittenFile), "build/limit"},
		{"bytes on disk of a program", bytes(Disk), "build/limit"},
		{"temporary files of a program", bytes(Temporary), "build/limit"},
		{"output of a program", bytes(Output), "build/limit"},
		{"time of a program", RunTime.String(), "build/limit"},
		{"time of a script of the tree", ScriptTime.String(), "checkpatch/unjudged"},
		{"bytes of a guest's console", bytes(ConsoleBytes), "error"},
		{"connections to the queue of jobs", fmt.Sprint(QueueConnections), "error"},
		{"bytes of a job", bytes(QueueMessage), "error"},
		{"series that a new one of a list is held against", fmt.Sprint(Meetings), "the page of the series"},
		{"bytes of the mails of these", bytes(MeetingBytes), "the page of the series"},
		{"bytes of an object of ccache", bytes(CacheObject), "error"},
		{"listeners to the progress of jobs", fmt.Sprint(WebListeners), "error"},
		{"processes of an emulator", fmt.Sprint(Emulator), "error"},
	}
}

// bytes returns a size for people.
func bytes(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprint(n)
}
