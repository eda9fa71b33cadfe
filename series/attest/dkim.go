// SPDX-License-Identifier: GPL-2.0-only

package attest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/publicsuffix"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// maxSignatures bounds the DKIM signatures of one mail that are verified.
const maxSignatures = limit.Signatures

// An Attestation says what the DKIM signatures of a mail prove.
type Attestation struct {
	State AttestationState
	// Domain is that of the signature that State speaks of.
	Domain string
	// Err says why a signature is not valid.
	Err error
	// Author is whom the text of a Valid mail names as its author ("From: " in its first line), where that is somebody of
	// another domain: of whom nothing is proved.
	Author string
}

// AttestationState is what came out of verifying a mail.
type AttestationState int

// The states of an [Attestation], from none to the best. The best signature of a mail counts.
const (
	// Unsigned is a mail without a signature.
	Unsigned AttestationState = iota
	// Unverified is a signature whose key cannot be had now.
	Unverified
	// Invalid is a signature that fits neither headers nor key, or is no signature.
	Invalid
	// BodyChanged is a signature over another body: most lists add a footer, and so break it.
	BodyChanged
	// Unaligned is a signature that fits, of a domain that has nothing to say about the sender.
	Unaligned
	// Partial is one that fits and is aligned, over a mail whose From or Subject it does not cover.
	Partial
	// Valid is a signature of the sender's domain that covers From, Subject and the text, and fits.
	Valid
)

var attestationNames = [...]string{
	Unsigned: "unsigned", Unverified: "unverified", Invalid: "invalid", BodyChanged: "body changed",
	Unaligned: "unaligned", Partial: "partial", Valid: "valid",
}

func (s AttestationState) String() string { return attestationNames[s] }

var reQuotedFrom = lazyregexp.New(`(?m)^>(>*From )`)

// VerifyDKIM verifies the DKIM signatures of a mail as it was received, or as it lies in a mailbox,
// where lines that start with "From " may have been quoted. Keys come from lookupTXT, which is
// net.LookupTXT or what [ReadKeys] returns.
func VerifyDKIM(raw []byte, lookupTXT func(domain string) ([]string, error)) Attestation {
	a := verifyDKIM(raw, lookupTXT)
	if a.State == BodyChanged && reQuotedFrom.Match(raw) {
		if plain := verifyDKIM(reQuotedFrom.ReplaceAll(raw, []byte("$1")), lookupTXT); plain.State > a.State {
			return plain
		}
	}
	return a
}

var reSignature = lazyregexp.New(`(?mi)^dkim-signature:`)

func verifyDKIM(raw []byte, lookupTXT func(domain string) ([]string, error)) Attestation {
	if !reSignature.Match(raw) {
		return Attestation{} // also where the header is too broken to be parsed
	}
	// The canonical form has CRLF, mailboxes on disk have LF.
	text := bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	verifications, err := dkim.VerifyWithOptions(bytes.NewReader(text),
		&dkim.VerifyOptions{LookupTXT: lookupTXT, MaxVerifications: maxSignatures})
	best := Attestation{}
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		best = Attestation{State: Invalid, Err: err}
	}
	for _, v := range verifications {
		a := Attestation{State: stateOf(v.Err), Domain: v.Domain, Err: v.Err}
		if a.State == Valid {
			a.State, a.Err = reach(raw, v)
		}
		if a.State == Valid {
			a.Author = authorInText(raw, v.Domain)
		}
		if a.State > best.State {
			best = a
		}
	}
	_, there := headerOf(raw, "DKIM-Signature")
	return best.ofFirst(there, maxSignatures)
}

// ofFirst says of an attestation that does not prove a mail where there were more signatures than were looked at: a valid
// one may be among the others.
func (a Attestation) ofFirst(there, most int) Attestation {
	if there > most && a.State != Valid {
		a.Err = fmt.Errorf("%w; of its %d signatures the first %d were looked at", a.Err, there, most)
	}
	return a
}

// reach says what a signature that fits proves: who holds the key of a domain may sign mails of
// that domain alone, and what is not signed may be anybody's.
func reach(raw []byte, v *dkim.Verification) (AttestationState, error) {
	from, fromCount := headerOf(raw, "From")
	_, subjects := headerOf(raw, "Subject")
	_, types := headerOf(raw, "Content-Type")
	_, encodings := headerOf(raw, "Content-Transfer-Encoding")
	// Decoded, as git am reads it: an encoded name can hold the address that becomes the author's.
	_, address := mail.ParseFrom(mail.SqueezeSpace(mail.DecodeHeader(from)))
	domain := domainOf(address)
	covers := func(name string) bool {
		return slices.ContainsFunc(v.HeaderKeys, func(key string) bool { return strings.EqualFold(strings.TrimSpace(key), name) })
	}
	switch {
	case !aligned(domain, v.Domain):
		return Unaligned, fmt.Errorf("the sender is of %s", domain)
	case fromCount > 1:
		return Partial, errors.New("the mail has more than one From")
	case subjects > 1:
		return Partial, errors.New("the mail has more than one Subject")
	case types > 1 || encodings > 1:
		return Partial, errors.New("the mail says twice how its text is to be read")
	case !covers("From"):
		return Partial, errors.New("it does not cover the From")
	case !covers("Subject") && subjects > 0:
		return Partial, errors.New("it does not cover the Subject")
	}
	return Valid, nil
}

// authorInText returns the address of the author that the text of a mail names, where it is of no domain of the signer's.
func authorInText(raw []byte, signer string) string {
	info := mail.Parse(mail.Unmail(raw, false, false), mail.Options{})
	if info.Email == "" || aligned(domainOf(info.Email), signer) {
		return ""
	}
	return info.Email
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// headerOf returns the last header of that name, and how many there are.
func headerOf(raw []byte, name string) (value string, n int) {
	for v := range mail.ParseHeaders(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))).Each(name) {
		value = v
		n++
	}
	return value, n
}

// aligned reports whether the domains are of one organisation, as DMARC's relaxed alignment has it.
func aligned(from, signer string) bool {
	from, signer = strings.ToLower(strings.TrimSuffix(from, ".")), strings.ToLower(strings.TrimSuffix(signer, "."))
	if from == "" || signer == "" {
		return false
	}
	if from == signer {
		return true
	}
	a, err1 := publicsuffix.EffectiveTLDPlusOne(from)
	b, err2 := publicsuffix.EffectiveTLDPlusOne(signer)
	return err1 == nil && err2 == nil && a == b
}

// What go-msgauth says of a body that was changed, and of signatures that prove nothing either way:
// archived mails outlive their keys, and what was thought strong when they were signed (RFC 8301); a key
// that its domain published wrongly is no fault of the mail. It has no types for these.
const bodyHashError = "dkim: body hash did not verify"

var unprovenErrors = []string{
	"no key for signature", "no valid key found", "key revoked", "signature has expired",
	"unsupported", "incompatible", "insecure body length",
	"hash algorithm too weak", "key is too short", "multiple TXT records", "key record error", "key syntax error",
}

func stateOf(err error) AttestationState {
	switch {
	case err == nil:
		return Valid
	case err.Error() == bodyHashError:
		return BodyChanged
	case dkim.IsTempFail(err),
		slices.ContainsFunc(unprovenErrors, func(text string) bool { return strings.Contains(err.Error(), text) }):
		return Unverified
	}
	return Invalid
}

// ReadKeys reads DKIM keys from r, for verifying without a network, and returns a function for
// [CheckOptions].LookupTXT. Each line holds the name of a TXT record and its value, as in a zone
// file:
//
//	selector._domainkey.example.org  v=DKIM1; k=ed25519; p=…
//
// The value may be in quotes, in several pieces; empty lines and those that start with # are
// skipped. A name that r does not have is an error that DNS would call temporary, so that the
// signature counts as not verified.
func ReadKeys(r io.Reader) (func(domain string) ([]string, error), error) {
	records := map[string][]string{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, " ")
		if tab := strings.IndexByte(line, '\t'); tab >= 0 && (!ok || tab < len(name)) {
			name, value, ok = strings.Cut(line, "\t")
		}
		if !ok || !strings.Contains(name, "._domainkey.") {
			return nil, hint.Wrap(fmt.Errorf("line %d of the keys: %.60q is no DKIM key", n, line),
				"a line is: selector._domainkey.example.org v=DKIM1; p=…")
		}
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		records[name] = append(records[name], joinQuoted(value))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	return func(domain string) ([]string, error) {
		values, ok := records[strings.ToLower(strings.TrimSuffix(domain, "."))]
		if !ok {
			return nil, noKeyError(domain)
		}
		return values, nil
	}, nil
}

// joinQuoted joins the quoted pieces of a TXT record.
func joinQuoted(value string) string {
	value = strings.TrimSpace(value)
	if !strings.HasPrefix(value, `"`) {
		return value
	}
	var out strings.Builder
	for i, piece := range strings.Split(value, `"`) {
		if i%2 == 1 {
			out.WriteString(piece)
		}
	}
	return out.String()
}

// noKeyError is a name that the file of keys lacks. It is temporary: somewhere the key may be.
type noKeyError string

func (e noKeyError) Error() string   { return fmt.Sprintf("no key for %s", string(e)) }
func (e noKeyError) Temporary() bool { return true }
func (e noKeyError) Timeout() bool   { return false }

// AskOnce remembers the answers: the mails of a series are mostly signed with one key.
func AskOnce(lookup func(string) ([]string, error)) func(string) ([]string, error) {
	type answer struct {
		records []string
		err     error
	}
	var mu sync.Mutex // several signatures of one mail are verified at once
	answers := map[string]answer{}
	return func(domain string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		a, ok := answers[domain]
		if !ok {
			a.records, a.err = lookup(domain)
			answers[domain] = a
		}
		return a.records, a.err
	}
}
