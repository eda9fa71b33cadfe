// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/go-git/go-git/v5/plumbing/object"
)

var errPending = errors.New("not written yet")

type repo struct {
	worktree, gitDir string
	store            *store
}
type store struct{}
type materializer struct{}

func (s *store) close() error                                           { return nil }
func newGitFS(s *store, id Hash) (fs.FS, error)                         { return nil, errPending }
func newDirFS(dir string) fs.FS                                         { return nil }
func findRepo(dir string) (*repo, error)                                { return nil, errPending }
func (r *repo) recover() error                                          { return nil }
func (t *Tree) recoverPlain() error                                     { return nil }
func (r *repo) resolve(rev, kind string) (Hash, error)                  { return "", errPending }
func (r *repo) commit(id Hash) (*Commit, error)                         { return nil, errPending }
func (r *repo) headTarget() (string, error)                             { return "", errPending }
func (r *repo) isShallow() bool                                         { return false }
func (r *repo) blob(prefix string) ([]byte, error)                      { return nil, errPending }
func (r *repo) git(ctx context.Context, args ...string) ([]byte, error) { return nil, errPending }
func identity(ctx context.Context, dir string) (object.Signature, error) {
	return object.Signature{}, errPending
}
func fetchArchive(ctx context.Context, o *FetchOptions) (*Fetched, error) { return nil, errPending }
func fetchRemote(ctx context.Context, o *FetchOptions) (*Fetched, error)  { return nil, errPending }
func newMaterializer(s fs.FS, dir string, w io.Writer) *materializer      { return nil }
func (m *materializer) run(ctx context.Context) error                     { return errPending }
func (r *repo) findBlob(ctx context.Context, rev, name, prefix string, limit int) ([]Place, error) {
	return nil, errPending
}
func (t *Tree) landPlain(ctx context.Context, s []Step, o *LandOptions) (*Landed, error) {
	return nil, errPending
}
func (r *repo) land(ctx context.Context, base Hash, s []Step, o *LandOptions) (*Landed, error) {
	return nil, errPending
}
