// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/attest"
)

var attestationRules = []*check.Check{
	{
		ID: "series/dkim-valid", Severity: report.Note, Run: rule(tellAttestation((*exam).attestations, attest.Valid, "")),
		What: "mails bear a DKIM signature of the sender's domain that covers From, Subject and text",
		Why:  "they left the server of that domain just so",
	},
	{
		ID: "series/dkim-unaligned", Severity: report.Note, Run: rule(tellAttestation((*exam).attestations, attest.Unaligned, "")),
		What: "the DKIM signature of a mail fits, and is of another domain than the sender",
		Why:  "whoever has that domain may have written the mail in the sender's name",
	},
	{
		ID: "series/dkim-partial", Severity: report.Warning, Run: rule(tellAttestation((*exam).attestations, attest.Partial, "")),
		What: "the DKIM signature of a mail does not cover its From or its Subject, or there are two of them, or of those that say how its text is read",
		Why:  "what is not signed may have been changed on the way",
	},
	{
		ID: "series/dkim-unsigned", Severity: report.Note, Run: rule(tellAttestation((*exam).attestations, attest.Unsigned, "")),
		What: "mails bear no DKIM signature",
		Why:  "anybody may have written them in the sender's name",
	},
	{
		ID: "series/dkim-unverified", Severity: report.Note, Run: rule(tellAttestation((*exam).attestations, attest.Unverified, "give the keys in a file, or try again with DNS")),
		What: "the key of a DKIM signature cannot be had",
		Why:  "silence would read as a pass",
	},
	{
		ID: "series/dkim-body-changed", Severity: report.Warning, Run: rule(tellAttestation((*exam).attestations, attest.BodyChanged, "fetch the mail from lore, which keeps it as it was sent")),
		What: "a mail's text is not what its DKIM signature was made over",
		Why:  "a list added its footer, or somebody changed the patch",
	},
	{
		ID: "series/dkim-invalid", Severity: report.Error, Run: rule(tellAttestation((*exam).attestations, attest.Invalid, "")),
		What: "a DKIM signature does not fit the mail's headers or the domain's key",
		Why:  "the mail may be forged",
	},
	{
		ID: "series/developer-signed", Severity: report.Note, Run: rule(tellAttestation((*exam).developers, attest.Valid, "")),
		What: "mails bear a signature of their author (patatt), which fits a key of the keyring",
		Why:  "it covers what git am commits, whoever passed it on",
	},
	{
		ID: "series/developer-unverified", Severity: report.Note, Run: rule(tellAttestation((*exam).developers, attest.Unverified, "put the key into the keyring, as b4 keys does")),
		What: "the keyring does not have the key of a developer's signature, or has it as one that expired or was revoked",
		Why:  "silence would read as a pass",
	},
	{
		ID: "series/developer-partial", Severity: report.Warning, Run: rule(tellAttestation((*exam).developers, attest.Partial, "")),
		What: "a developer's signature covers only the start of the text, or one of two From headers",
		Why:  "a list's footer follows, most often; it might be a change as well",
	},
	{
		ID: "series/developer-unaligned", Severity: report.Warning, Run: rule(tellAttestation((*exam).developers, attest.Unaligned, "")),
		What: "a developer's signature fits, and is of another than the author",
		Why:  "who signed is not who wrote, or one of them uses several addresses",
	},
	{
		ID: "series/developer-changed", Severity: report.Warning, Run: rule(tellAttestation((*exam).developers, attest.BodyChanged, "fetch the mail from lore, which keeps it as it was sent")),
		What: "a mail's text is not the one that its developer signed",
		Why:  "somebody changed the patch, or a mail program did",
	},
	{
		ID: "series/developer-invalid", Severity: report.Error, Run: rule(tellAttestation((*exam).developers, attest.Invalid, "")),
		What: "a developer's signature does not fit the headers or the key",
		Why:  "the mail may be forged",
	},
}

// tellAttestation returns a rule that tells, in one finding for each domain and reason, which mails
// are in state. Without a source of keys nothing is verified.
func tellAttestation(of func(*exam) []mailAttestation, state attest.AttestationState, advice string) func(*exam, func(report.Finding)) {
	return func(x *exam, tell func(report.Finding)) {
		var order []string
		mails := map[string][]string{}
		patch := map[string]int{}
		for _, a := range of(x) {
			if a.State != state {
				continue
			}
			key := a.describe()
			if mails[key] == nil {
				order = append(order, key)
				patch[key] = a.index
			}
			mails[key] = append(mails[key], a.name())
		}
		for _, key := range order {
			f := report.Finding{Hint: advice, Message: fmt.Sprintf("%s: %s", strings.Join(mails[key], ", "), key)}
			if len(mails[key]) == 1 {
				f.Patch = patch[key]
			}
			tell(f)
		}
	}
}

// A mailAttestation is the attestation of one mail of the series.
type mailAttestation struct {
	attest.Attestation
	index int // of the patch, 0 for the cover letter
}

func (a mailAttestation) name() string {
	if a.index == 0 {
		return "cover letter"
	}
	return fmt.Sprintf("patch %d", a.index)
}

func (a mailAttestation) describe() string {
	text := "no DKIM signature"
	switch a.State {
	case attest.Valid:
		text = fmt.Sprintf("signed by %s: From, Subject and text", a.Domain)
		if a.Author != "" {
			text += "; the author is another, " + a.Author + ", of whom that proves nothing"
		}
		return text
	case attest.Unverified:
		text = fmt.Sprintf("the signature of %s is not verified", a.Domain)
	case attest.Unaligned:
		text = fmt.Sprintf("signed by %s, which proves nothing about the sender", a.Domain)
	case attest.Partial:
		text = fmt.Sprintf("signed by %s in part", a.Domain)
	case attest.BodyChanged:
		return fmt.Sprintf("the text is not the one that %s signed", a.Domain)
	case attest.Invalid:
		text = fmt.Sprintf("the signature of %s is not valid", a.Domain)
	}
	if a.Err != nil {
		text += ": " + strings.TrimPrefix(a.Err.Error(), "dkim: ")
	}
	return text
}

// attestations verifies the mails once.
func (x *exam) attestations() []mailAttestation {
	if x.view.LookupTXT == nil || x.attested != nil {
		return x.attested
	}
	x.attested = []mailAttestation{}
	lookup := attest.AskOnce(x.view.LookupTXT)
	if x.set.Cover != nil {
		x.attested = append(x.attested, mailAttestation{attest.VerifyDKIM(x.set.Cover.Raw, lookup), 0})
	}
	for _, p := range x.set.Patches {
		x.attested = append(x.attested, mailAttestation{attest.VerifyDKIM(p.Raw, lookup), p.Index})
	}
	return x.attested
}

// developers verifies what developers signed, once.
func (x *exam) developers() []mailAttestation {
	if x.view.Keyring == nil || x.developed != nil {
		return x.developed
	}
	x.developed = []mailAttestation{}
	if x.set.Cover != nil {
		x.developed = append(x.developed, mailAttestation{attest.VerifyDeveloper(x.set.Cover.Raw, x.view.Keyring), 0})
	}
	for _, p := range x.set.Patches {
		x.developed = append(x.developed, mailAttestation{attest.VerifyDeveloper(p.Raw, x.view.Keyring), p.Index})
	}
	return x.developed
}
