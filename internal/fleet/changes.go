// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"context"

	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/compare"
)

// ReadMailbox reads the series in a mailbox that [Mailbox] wrote.
func ReadMailbox(ctx context.Context, box []byte) (*patchset.Set, error) {
	return readMailbox(ctx, box, &series.Options{})
}

func readMailbox(ctx context.Context, box []byte, opts *series.Options) (*patchset.Set, error) {
	opts.Stdin, opts.PatchFormat = bytes.NewReader(box), "mboxrd"
	sets, err := series.Open(ctx, []string{"-"}, opts)
	if err != nil {
		return nil, err
	}
	return sets[0], nil
}

// Changes tells what became of each patch between two versions, each a mailbox that [Mailbox] wrote.
func Changes(ctx context.Context, old, new []byte) (*report.Changes, error) {
	before, err := ReadMailbox(ctx, old)
	if err != nil {
		return nil, err
	}
	after, err := ReadMailbox(ctx, new)
	if err != nil {
		return nil, err
	}
	return premerge.Changes(compare.Compare(before, after)), nil
}
