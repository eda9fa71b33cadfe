// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"maps"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// fsyncParts are the words of core.fsync (git-config(1)), and which kinds of files each means.
var fsyncParts = map[string][]string{
	"loose-object": {"loose-object"}, "pack": {"pack"}, "pack-metadata": {"pack-metadata"}, "commit-graph": {"commit-graph"},
	"index": {"index"}, "reference": {"reference"},
	"objects": {"loose-object", "pack"}, "derived-metadata": {"pack-metadata", "commit-graph"},
	"committed": {"loose-object", "pack"}, "added": {"loose-object", "pack", "index"},
	"all": {"loose-object", "pack", "pack-metadata", "commit-graph", "index", "reference"},
}

// fsyncDefault is what git waits for where core.fsync says nothing.
var fsyncDefault = []string{"pack", "pack-metadata", "commit-graph"}

// An Fsync says which files are to be on the disk before the next step, as git's core.fsync has it.
type Fsync struct {
	odb.Durable
	Index, Reference bool
}

// Fsync reads core.fsync and core.fsyncObjectFiles.
func (r *Repo) Fsync(ctx context.Context) (Fsync, error) {
	conf, err := r.AmConfig(ctx)
	if err != nil {
		return Fsync{}, err
	}
	on := fsyncOf(conf.fsync)
	if conf.fsyncObjectFiles {
		on["loose-object"] = true
	}
	return Fsync{
		Durable: odb.Durable{Loose: on["loose-object"], Pack: on["pack"], PackIndex: on["pack-metadata"]},
		Index:   on["index"], Reference: on["reference"],
	}, nil
}

// fsyncOf reads a value of core.fsync: words that add to git's own choice, or with "-" before them take away; "none"
// drops that choice. Words that nobody knows count for nothing, as with git.
func fsyncOf(value string) map[string]bool {
	on, add, drop := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, part := range fsyncDefault {
		on[part] = true
	}
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		if word == "none" {
			clear(on)
			continue
		}
		to := add
		if rest, ok := strings.CutPrefix(word, "-"); ok {
			word, to = rest, drop
		}
		for _, part := range fsyncParts[word] {
			to[part] = true
		}
	}
	for part := range drop {
		delete(on, part)
	}
	maps.Copy(on, add)
	return on
}
