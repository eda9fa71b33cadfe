// SPDX-License-Identifier: GPL-2.0-only

package series_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/series"
)

func ExampleOpen() {
	sets, err := series.Open(context.Background(), []string{"builtin:rust-lsm"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	newest := sets[0]
	fmt.Println(newest.Cover.Subject)
	for _, p := range newest.Patches[:2] {
		fmt.Printf("%d/%d %s\n", p.Index, newest.Total, p.Title)
	}
	// Output:
	// [PATCH v2 0/5] rust: lsm: write Linux Security Modules in Rust
	// 1/5 rust: bindings: include lsm_hooks.h to expose LSM types to bindgen
	// 2/5 rust: helpers: add C shims for LSM hook initialisation
}

// A patch and a reply to it, as a list's archive has them.
const thread = `From mboxrd@z Thu Jan  1 00:00:00 1970
From: Ann Author <ann@example.org>
Date: Wed, 11 Mar 2026 05:09:01 +0100
Subject: [PATCH] security: clear the flags
Message-ID: <1@example.org>

Nobody cleared them.

---
 f | 2 +-

diff --git a/f b/f
--- a/f
+++ b/f
@@ -1 +1 @@
-flags = 1;
+flags = 0;

From mboxrd@z Thu Jan  1 00:00:00 1970
From: Rob Reviewer <rob@example.org>
Date: Wed, 11 Mar 2026 06:09:01 +0100
Subject: Re: [PATCH] security: clear the flags
Message-ID: <2@example.org>
In-Reply-To: <1@example.org>

Reviewed-by: Rob Reviewer <rob@example.org>

`

func ExampleRead() {
	sets, err := series.Read(strings.NewReader(thread), "thread.mbox", nil)
	if err != nil {
		log.Fatal(err)
	}
	p := sets[0].Patches[0]
	fmt.Println(p.Title, "by", p.Author.Name)
	for _, t := range p.Received {
		fmt.Printf("  %s: %s\n", t.Key, t.Value)
	}
	// Output:
	// security: clear the flags by Ann Author
	//   Reviewed-by: Rob Reviewer <rob@example.org>
}

func ExampleCheck() {
	sets, err := series.Read(strings.NewReader(thread), "thread.mbox", nil)
	if err != nil {
		log.Fatal(err)
	}
	findings, err := series.Check(&check.View{Set: sets[0]})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range findings {
		fmt.Printf("patch %d: %s: %s [%s]\n", f.Patch, f.Severity, f.Message, f.Check)
	}
	// Output:
	// patch 1: error: the patch has no Signed-off-by of Ann Author <ann@example.org> [series/missing-signoff]
}

func ExampleAm() {
	sets, err := series.Read(strings.NewReader(thread), "thread.mbox", nil)
	if err != nil {
		log.Fatal(err)
	}
	done, err := series.Am(io.Discard, sets[0], nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range done[0].Added {
		fmt.Printf("%s: added %s: %s\n", done[0].Title, t.Key, t.Value)
	}
	fmt.Println(series.AmName(sets[0]))
	// Output:
	// security: clear the flags: added Reviewed-by: Rob Reviewer <rob@example.org>
	// v1_20260311_security_clear_the_flags.mbx
}
