// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"errors"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// NewPatch makes a patch of a decoded mail. For commits in another encoding, or in that of the mail, and for a charset that
// we have no table of, git's iconv says what becomes of each character.
func NewPatch(m *patchset.Mail, info *Info, opts *Options) (*patchset.Patch, error) {
	p := newPatch(m, info)
	foreign := opts.Mailinfo != nil && errors.Is(p.DecodeErr, errUnknownCharset)
	if opts.Encoding == "" && !opts.NoRecode && !foreign {
		return p, nil
	}
	printed, message, patch, err := opts.Mailinfo(info.mail, opts.Encoding, opts.mailinfoArgs())
	p.Encoding = opts.Encoding
	var failed *run.Error
	switch {
	case errors.As(err, &failed) && failed.ExitCode > 0:
		said, _, _ := strings.Cut(strings.TrimSpace(string(failed.Stderr)), "\n")
		p.DecodeErr = errors.New(strings.TrimPrefix(said, "error: "))
		return p, nil
	case err != nil:
		return nil, err
	}
	recoded := &Info{Message: message, Patch: patch}
	for line := range strings.Lines(string(printed)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "Author":
			recoded.Author = value
		case "Email":
			recoded.Email = value
		case "Subject":
			if recoded.Subject != "" {
				recoded.Subject += "\n"
			}
			recoded.Subject += value
		case "Date":
			recoded.date = value
		}
	}
	as := newPatch(&patchset.Mail{}, recoded)
	p.Author, p.Message, p.Diff, p.DecodeErr = as.Author, as.Message, as.Diff, as.DecodeErr
	return p, nil
}

// mailinfoArgs returns the options as arguments of git mailinfo.
func (o *Options) mailinfoArgs() []string {
	args := []string{"--no-scissors", "--quoted-cr=nowarn"}
	if o.Scissors {
		args[0] = "--scissors"
	}
	if o.StripQuotedCR {
		args[1] = "--quoted-cr=strip"
	}
	for flag, on := range map[string]bool{"-n": o.NoRecode, "-m": o.MessageID, "--no-inbody-headers": o.IgnoreInBody, "-b": o.KeepNonPatch && !o.KeepSubject, "-k": o.KeepSubject} {
		if on {
			args = append(args, flag)
		}
	}
	return args
}
