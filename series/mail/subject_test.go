// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseSubject(t *testing.T) {
	for subject, want := range map[string]string{
		"[PATCH] a":                      "patch v1 () a",
		"[PATCH1/8] a":                   "patch v1 1/8 () a",
		"[PATCH net-next v3 02/11] a: b": "patch v3 2/11 (net-next) a: b",
		"[net-next,v3,PATCH 02/11]a":     "patch v3 2/11 (net-next) a",
		"[RFC PATCH 0/3] a":              "patch v1 0/3 (RFC) a",
		"[RFC/PATCHv2 1/3] a":            "patch v2 1/3 (RFC) a",
		"[PATCH/RFC] a":                  "patch v1 (RFC) a",
		"[RFC v2 1/3] a":                 "patch v2 1/3 (RFC) a",
		"[RFC] a":                        "v1 (RFC) a",
		"[PATCHSET v2 0/7] a":            "patch v2 0/7 () a",
		"[PATCH v2-1/8] a":               "patch v2 1/8 () a",
		"[PATCH v2.1 1/8] a":             "patch v2 1/8 () a",
		"[PATCH v5.10 1/8] a":            "patch v1 1/8 (v5.10) a",
		"[PATCH RESEND v4 1/2] a":        "patch v4 1/2 (RESEND) a",
		"[PATCH 5.10 001/100] a":         "patch v1 1/100 (5.10) a",
		"[lsm] [PATCH v2 1/2] [sub] a":   "patch v2 1/2 (lsm sub) a",
		"[PATCH 1/n] a":                  "patch v1 () a",
		"[PATCH v2 02/N] a":              "patch v2 () a",
		"[PATCH a/n] a":                  "patch v1 (a/n) a",
		"[PATCH 1/9999999] a":            "patch v1 (1/9999999) a",
		"[PATCH v0 1/2] a":               "patch v0 1/2 () a",
		"Re: [PATCH v2 1/2] a":           "reply patch v2 1/2 () a",
		"RE: Re[2]: Fwd: [PATCH] a":      "reply patch v1 () a",
		"Antw: [PATCH] a":                "reply patch v1 () a",
		"[linux-next:master 18/24] a":    "v1 () a",
		"[evm-utils: PATCH 0/8] a":       "patch v1 0/8 (evm-utils:) a",
		"[evm-utils: 1/8] a":             "patch v1 1/8 (evm-utils:) a",
		"[GIT PULL] a":                   "pull v1 (GIT PULL) a",
		"[PULL] a":                       "pull v1 (PULL) a",
		"Re: [GIT PULL] a":               "reply pull v1 (GIT PULL) a",
		"regmap: a [not a prefix]":       "v1 () regmap: a [not a prefix]",
		"[unclosed a":                    "v1 () [unclosed a",
		"":                               "v1 () ",
		"[PATCH v3\u00a01/2] a":          "patch v3 1/2 () a",
		"[PATCH v3: 1/2] a":              "patch v3 1/2 () a",
		"[PATCH ver3 1/2] a":             "patch v3 1/2 () a",
		"[PATCH version 3 1/2] a":        "patch v3 1/2 () a",
		"[PATCH v3-resend 1/2] a":        "patch v3 1/2 (resend) a",
		"[PATCH v6-rc1 1/2] a":           "patch v1 1/2 (v6-rc1) a",
		"[RFCv3 1/2] a":                  "patch v3 1/2 (RFC) a",
		"[RFC-v3 1/2] a":                 "patch v3 1/2 (RFC) a",
		"[PATCH v3 01/ 12] a":            "patch v3 1/12 () a",
		`[PATCH 1\2] a`:                  "patch v1 1/2 () a",
		"[PATCH (v3) 1/2] a":             "patch v3 1/2 () a",
		"[PATCH v3 (1/2)] a":             "patch v3 1/2 () a",
		"[PATCH {v3} 1 /2] a":            "patch v3 1/2 () a",
		"[PATCH v3 1-of-2] a":            "patch v3 1/2 () a",
		"[PATCH v3 1of2] a":              "patch v3 1/2 () a",
		"[PATCH 1 of 2 v3] a":            "patch v3 1/2 () a",
		"[PATCH 5.10 / 5.15] a":          "patch v1 (5.10 / 5.15) a",
		"[PATCH n°1/2] a":                "patch v1 1/2 () a",
		"[PATCH nº1/2.] a":               "patch v1 1/2 () a",
		"[PATCH №1/2] a":                 "patch v1 1/2 () a",
		"[PATCH Nr.1/2] a":               "patch v1 1/2 () a",
		"[PATCH v２ １／２] a":               "patch v2 1/2 () a",
		"[PATCH v2‐1⁄2] a":               "patch v2 1/2 () a",
		"［PATCH 1/2］ a":                  "patch v1 1/2 () a",
		"【PATCH v2 1/2】a":                "patch v2 1/2 () a",
		"[PATCH V.2 1/2] a":              "patch v2 1/2 () a",
		"[PATCH take 2 1/2] a":           "patch v2 1/2 () a",
		"[RFC-PATCH-v2 1/2] a":           "patch v2 1/2 (RFC) a",
		"[PATCH] 1/2: a: b":              "patch v1 1/2 () a: b",
		"[PATCH v2] 1/2 - b":             "patch v2 1/2 () b",
		"[PATCH] 1/2 a: b":               "patch v1 1/2 () a: b",
		"[PATCH] 9/11 of the files":      "patch v1 () 9/11 of the files",
		"[PATCH] 4/3: a":                 "patch v1 () 4/3: a",
		"[PATCH] a: b (1/2)":             "patch v1 1/2 () a: b",
		"[PATCH] a: b [2/2]":             "patch v1 2/2 () a: b",
		"[PATCH 1/2] a: b (3/4)":         "patch v1 1/2 () a: b (3/4)",
		"Subject: [PATCH 1/2] a":         "patch v1 1/2 () a",
		"3. [PATCH 1/2] a":               "patch v1 1/2 () a",
		"[PATCHSET 2/5] a":               "patch v1 () a",
		"[PATCH v3 1/2:for-next] a":      "patch v3 1/2 (for-next) a",
		"[PATCH v3 #1/2] a":              "patch v3 1/2 () a",
		"PATCH v3 [1/2] a: b":            "patch v3 1/2 () a: b",
		"PATCH v3 1/2: a: b":             "patch v3 1/2 () a: b",
		"PATCH v3 1/2] a: b":             "patch v3 1/2 () a: b",
		"[PATCH v3 1/2 a: b":             "patch v3 1/2 () a: b",
		"(PATCH 1/2) a: b":               "patch v1 1/2 () a: b",
		"{RFC PATCH net 1/2} a":          "patch v1 1/2 (RFC net) a",
		"a: PATCH 1/2 is wrong":          "v1 () a: PATCH 1/2 is wrong",
		"Re: PATCH 1/2: a":               "reply patch v1 1/2 () a",
		"***SPAM*** [PATCH v3 1/2] a":    "patch v3 1/2 () a",
		"EXT: [PATCH v3 1/2] a":          "patch v3 1/2 () a",
		"RE: [PATCH v3 1/2] a":           "reply patch v3 1/2 () a",
		"a: [PATCH 1/2] b":               "v1 () a: [PATCH 1/2] b",
		"[PATCH v3 1/2] Re: a":           "patch v3 1/2 () a",
		"[lsm] Re: [PATCH v3 1/2] a":     "reply patch v3 1/2 (lsm) a",
		"  [PATCH]   a   b  ":            "patch v1 () a b",
	} {
		s := ParseSubject(subject)
		var got string
		for _, f := range []struct {
			set  bool
			name string
		}{{s.Reply, "reply "}, {s.Patch, "patch "}, {s.Pull, "pull "}} {
			if f.set {
				got += f.name
			}
		}
		got += fmt.Sprintf("v%d ", s.Version)
		if s.Numbered {
			got += fmt.Sprintf("%d/%d ", s.Index, s.Total)
		}
		if got += "(" + strings.Join(s.Words, " ") + ") " + s.Title; got != want {
			t.Errorf("%q: got %q, want %q", subject, got, want)
		}
	}
}
