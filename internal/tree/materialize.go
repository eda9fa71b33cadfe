// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"io"
	"io/fs"
)

// Materialize makes dir hold the files of a snapshot, for a build: it writes what differs from what the
// last Materialize left there, removes what is no more, and leaves all else with its times, so
// that make rebuilds only what changed. Files that a build made beside them stay. Progress may be
// nil. After an error, or where ctx ended, dir is half done; the next call completes it.
//
// What was laid out is noted in dir/.lsmpatch-files.
func Materialize(ctx context.Context, snapshot fs.FS, dir string, progress io.Writer) error {
	return newMaterializer(snapshot, dir, progress).run(ctx)
}
