// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"github.com/lsmpatch/lsmpatch/patchset"

	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// decode reads the mail of e and takes it apart.
func (x *index) decode(e *entry) (*patchset.Mail, *mail.Info, error) {
	raw, err := x.read(e)
	if err != nil {
		return nil, nil, err
	}
	plain := mail.Unmail(raw, x.opts.KeepCR || e.in.IsForeign(), e.in.Mboxrd)
	restored := false
	if e.in.Pipermail {
		plain, restored = source.RestoreAddresses(plain)
	}
	opts := x.opts.Mail
	opts.Quotes = e.kind == kindReply
	m, info := mail.Read(plain, &opts)
	if e.in.Turn != (mail.Turn{}) {
		m.Body, info.Patch = string(e.in.Turn.Diff([]byte(m.Body))), e.in.Turn.Diff(info.Patch)
	}
	if e.kind != kindReply { // nobody verifies a reply, and there are more of them than of all else
		m.Raw = mail.CutFromLine(mail.Unmail(raw, true, e.in.Mboxrd))
	}
	m.Source = e.in.Source(e.span.Line)
	m.Restored = restored
	return m, info, nil
}
