// SPDX-License-Identifier: GPL-2.0-only

package series

import "github.com/lsmpatch/lsmpatch/patchset"

// decode reads the mail of e and takes it apart.
func (x *index) decode(e *entry) (*patchset.Mail, *Info, error) {
	raw, err := x.Read(e)
	if err != nil {
		return nil, nil, err
	}
	mail := Unmail(raw, x.opts.KeepCR || e.In.IsForeign(), e.In.Mboxrd)
	restored := false
	if e.In.Pipermail {
		mail, restored = RestoreAddresses(mail)
	}
	m, info := ReadMail(mail, &x.opts.Mail)
	m.Raw = CutFromLine(Unmail(raw, true, e.In.Mboxrd))
	m.Source = e.In.Source(e.span.Line)
	m.Restored = restored
	return m, info, nil
}
