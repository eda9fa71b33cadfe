// SPDX-License-Identifier: GPL-2.0-only

// Package fetch brings a tree here: from a git remote, with or without the files that nobody asked for, or
// from an archive, whose signature it checks.
//
// Call [Fetch]; [Prefetch] brings more of a tree that was fetched in part.
//
// A remote is hostile until it has proved otherwise: time, memory and bytes are bounded (transfer.go), and git
// checks each object that comes.
package fetch

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// Mainline is the repository that [Fetch] takes where no other is named.
const Mainline = "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git"

// Options direct [Fetch].
type Options struct {
	// Dir is where the tree goes: a new or empty folder, or one that Fetch made before.
	Dir string
	// Remote is any URL or path that git fetches from; "" is [Mainline].
	Remote string
	// Commit is a full hash, a tag, a branch or a full ref name; "" is the remote's HEAD.
	Commit string
	// Archive is a linux-*.tar, .tar.gz, .tar.xz or .tar.zst to import in place of a remote.
	Archive string
	// SHA256 is what the archive must hash to, in hexadecimal, or a file as sha256sum writes it, signed or not;
	// "" asks for nothing.
	SHA256 string
	// Signature is a file with a PGP signature, armored or not, of the archive or of what it decompresses to,
	// by one of the keys in the file Keyring. A signed file SHA256 is held against Keyring as well. An error that
	// a signature is wrong matches [ErrSignature].
	Signature, Keyring string
	// Paths, where it is not nil, asks for less: the commit, its trees, and the blobs at and below these
	// paths, in a bare repository that has no files to build. A folder "*", once in a path, stands for each that is
	// there: of those that have nothing at the path the trees come alone. Other blobs come when they are read
	// ([Prefetch] brings many at once). A remote that cannot filter sends all; see Fetched.Note.
	Paths []string
	// MaxBytes ends a fetch that brings more, a remote that sends without end among them; 0 is 8 GiB.
	MaxBytes int64
	// ObjectsOnly leaves HEAD, index and worktree as they are: the commit is there, and nothing shows it.
	ObjectsOnly bool
	// Reference is a local repository whose objects are borrowed; "" is none.
	Reference string
	// Progress gets what is going on, for a person to read; it may be nil.
	Progress io.Writer
	// Told, where it is not nil, is called with what becomes Fetched.Note, as soon as that is known: of a remote that cannot
	// filter before all that it sends is here.
	Told func(note string)

	bounds *limits // which only tests set
	claim  *claim  // once the repository is there
	// routes are where the servers have moved to that were asked.
	routes map[string]string
}

// Fetched is what [Fetch] brought.
type Fetched struct {
	Dir    string   `json:"dir"`
	Commit odb.Hash `json:"commit"`
	Source string   `json:"source"`
	// Changed is false where everything was there already.
	Changed bool `json:"changed"`
	// Note says what a person should know: that the remote could not filter, that
	// a signature was not checked.
	Note string `json:"note,omitempty"`
}

var fullHash = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// otherFormat is what git says of a server of protocol version 0 whose objects are named by the other algorithm.
const otherFormat = "does not support this repository's object format"

// Fetch makes opts.Dir a git repository with one commit of a remote, or with the content of an
// archive, checked out. History is left out (a shallow fetch). A second call brings only what is
// missing. Local changes to tracked files make it fail with a [*git.DirtyError].
//
// The same archive always makes the same commit.
func Fetch(ctx context.Context, opts *Options) (*Fetched, error) {
	if opts.Dir == "" {
		return nil, errors.New("no folder to fetch into")
	}
	own := *opts
	opts = &own
	if err := os.MkdirAll(opts.Dir, 0o777); err != nil {
		return nil, err
	}
	if opts.Archive != "" {
		return fetchArchive(ctx, opts)
	}
	list, err := os.ReadDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	out, err := fetchAny(ctx, opts)
	if len(list) == 0 && saysAny(err, "mismatched algorithms", "unknown object format", "does not support algorithm", otherFormat) {
		// The remote names its objects by SHA-256, and so must we.
		if err := removeAll(opts.Dir, ""); err != nil {
			return nil, err
		}
		out, err = fetchAny(ctx, opts, "--object-format=sha256")
	}
	return out, err
}

// fetchAny fetches from a remote. A repository that it makes is made with initArgs.
func fetchAny(ctx context.Context, opts *Options, initArgs ...string) (*Fetched, error) {
	if opts.Paths != nil {
		return fetchPaths(ctx, opts, append(initArgs, "--bare")...)
	}
	return fetchRemote(ctx, opts, initArgs...)
}
