// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

var errPending = errors.New("not written yet")

type materializer struct{}

func (t *Tree) recoverPlain() error                                       { return nil }
func fetchArchive(ctx context.Context, o *FetchOptions) (*Fetched, error) { return nil, errPending }
func fetchRemote(ctx context.Context, o *FetchOptions) (*Fetched, error)  { return nil, errPending }
func newMaterializer(s fs.FS, dir string, w io.Writer) *materializer      { return nil }
func (m *materializer) run(ctx context.Context) error                     { return errPending }
func (t *Tree) landPlain(ctx context.Context, s []Step, o *LandOptions) (*Landed, error) {
	return nil, errPending
}
