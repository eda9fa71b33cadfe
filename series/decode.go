// SPDX-License-Identifier: GPL-2.0-only

package series

import "github.com/lsmpatch/lsmpatch/patchset"

// decode reads the mail of e and takes it apart.
func (x *index) decode(e *entry) (*patchset.Mail, *mailInfo, error) {
	raw, err := x.read(e)
	if err != nil {
		return nil, nil, err
	}
	mail := unmail(raw, x.opts.keepCR || e.in.isForeign(), e.in.mboxrd)
	restored := false
	if e.in.pipermail {
		mail, restored = restoreAddresses(mail)
	}
	m, info := readMail(mail, &x.opts.mail)
	m.Raw = cutFromLine(unmail(raw, true, e.in.mboxrd))
	m.Source = e.in.source(e.span.line)
	m.Restored = restored
	return m, info, nil
}
