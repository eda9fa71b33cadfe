// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"errors"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// makePatch makes a patch of a decoded mail. For commits in another encoding, or in that of the mail, git's iconv
// and no table of ours says what becomes of each character.
func makePatch(m *patchset.Mail, info *mailInfo, opts *mailOptions) (*patchset.Patch, error) {
	p := newPatch(m, info)
	if opts.encoding == "" && !opts.noRecode {
		return p, nil
	}
	printed, message, patch, err := opts.mailinfo(info.mail, opts.encoding, opts.mailinfoArgs())
	p.Encoding = opts.encoding
	var failed *run.Error
	switch {
	case errors.As(err, &failed) && failed.ExitCode > 0:
		said, _, _ := strings.Cut(strings.TrimSpace(string(failed.Stderr)), "\n")
		p.DecodeErr = errors.New(strings.TrimPrefix(said, "error: "))
		return p, nil
	case err != nil:
		return nil, err
	}
	recoded := &mailInfo{message: message, patch: patch}
	for line := range strings.Lines(string(printed)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "Author":
			recoded.author = value
		case "Email":
			recoded.email = value
		case "Subject":
			if recoded.subject != "" {
				recoded.subject += "\n"
			}
			recoded.subject += value
		case "Date":
			recoded.date = value
		}
	}
	as := newPatch(&patchset.Mail{}, recoded)
	p.Author, p.Message, p.Diff, p.DecodeErr = as.Author, as.Message, as.Diff, as.DecodeErr
	return p, nil
}

// mailinfoArgs returns the options as arguments of git mailinfo.
func (o *mailOptions) mailinfoArgs() []string {
	args := []string{"--no-scissors", "--quoted-cr=nowarn"}
	if o.scissors {
		args[0] = "--scissors"
	}
	if o.stripQuotedCR {
		args[1] = "--quoted-cr=strip"
	}
	for flag, on := range map[string]bool{"-n": o.noRecode, "-m": o.messageID, "--no-inbody-headers": o.ignoreInBody, "-b": o.keepNonPatch && !o.keepSubject, "-k": o.keepSubject} {
		if on {
			args = append(args, flag)
		}
	}
	return args
}
