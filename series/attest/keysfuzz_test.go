// SPDX-License-Identifier: GPL-2.0-only

package attest

import (
	"strings"
	"testing"
)

// FuzzKeys: each line of a file of keys can be looked up, or the file is refused; and no file proves a signature but one that
// has the signer's key.
func FuzzKeys(f *testing.F) {
	const name = "sel._domainkey.example.org"
	f.Add(name + " v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n")
	f.Add("# a comment\n\n" + name + ".\t\"v=DKIM1; \" \"p=\"\n")
	f.Add(strings.ToUpper(name) + " v=DKIM1; k=rsa; p=MIGf\nx")
	f.Add(name + " k=rsa; p=MCQwDQYJKoZIhvcNAQEBBQADEwAwEAIJAMq8PNJ0vhF3AgMBAAE=")
	signed := "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=sel; h=from:subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n" +
		"From: a@example.org\r\nSubject: x\r\n\r\n"
	f.Fuzz(func(t *testing.T, text string) {
		lookup, err := ReadKeys(strings.NewReader(text))
		if err != nil {
			return
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			end := strings.IndexAny(line, " \t")
			if values, err := lookup(line[:max(end, 0)]); end < 0 || err != nil || len(values) == 0 {
				t.Errorf("the line %q is not found: %v", line, err)
			}
		}
		if a := VerifyDKIM([]byte(signed), lookup); a.State == Valid {
			t.Errorf("%q proves a signature of nothing", text)
		}
	})
}
