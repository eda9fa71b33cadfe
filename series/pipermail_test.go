// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"path/filepath"
	"strings"
	"testing"

	"time"

	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestPipermailText reads the plain text of an archive's page: a cover letter whose patches are
// not there.
func TestPipermailText(t *testing.T) {
	sets, err := Open(t.Context(), []string{"../testdata/rust-lsm-v2-cover-letter.txt"}, nil)
	if err != nil || len(sets) != 1 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	set := sets[0]
	if set.Version != 2 || set.Total != 5 || len(set.Patches) != 0 || set.Cover == nil {
		t.Fatalf("%+v", set)
	}
	checkSender(t, set.Cover)
	if s := set.Cover.Subject; s != "[PATCH v2 0/5] rust: lsm: introduce safe Rust abstractions for the LSM framework" {
		t.Error(s)
	}
	if b := set.Cover.Body; !strings.HasPrefix(b, "v2: add missing") || !strings.HasSuffix(b, "\n-- \n2.53.0\n") {
		t.Errorf("body: %.40q … %q", b, b[len(b)-60:])
	}
}

func checkSender(t *testing.T, m *patchset.Mail) {
	t.Helper()
	when := time.Date(2026, 3, 11, 5, 9, 1, 0, time.UTC)
	if m.From.Name != "Jamie Lindsey" || m.From.Email != "jamie@matrixforgelabs.com" || !m.From.When.Equal(when) || !m.Restored {
		t.Errorf("sender %+v, restored %v", m.From, m.Restored)
	}
}

const pageHead = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<HTML><HEAD><TITLE> [PATCH 1/1] rust: &lt;T&gt;</TITLE>
<LINK REL="made" HREF="mailto:list%40example.org?Subject=x&In-Reply-To=%3C20260311.1%40example.org%3E"></HEAD>
<BODY BGCOLOR="#ffffff">
<H1>[PATCH 1/1] rust: &lt;T&gt; &amp; more</H1>
<B>Jamie Lindsey</B>
<A HREF="mailto:list%40example.org?Subject=Re%3A%20%5BPATCH&In-Reply-To=%3C20260311.1%40example.org%3E"
   TITLE="[PATCH 1/1]">jamie at matrixforgelabs.com
</A><BR>
<I>Wed Mar 11 05:09:01 UTC 2026</I>
<HR>
<!--beginarticle-->
<PRE>`

const pageTail = `</PRE>
<HR>
<!--endarticle-->
<a href="x">More information about the list</a></body></html>
`

const pageBody = `Text.

Signed-off-by: Jamie Lindsey &lt;<A HREF="https://example.org/list">jamie at matrixforgelabs.com</A>&gt;
---
diff --git a/MAINTAINERS b/MAINTAINERS
index 1234567..89abcde 100644
--- a/MAINTAINERS
+++ b/MAINTAINERS
@@ -1 +1 @@
-M:	Old &lt;<A HREF="https://example.org/list">old at example.org</A>&gt;
+M:	New &lt;<A HREF="https://example.org/list">new at example.org</A>&gt;
`

// TestPipermailPage reads an HTML page: markup, entities and addresses are undone, in the diff
// as well.
func TestPipermailPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "000123.html")
	mailtest.Write(t, path, []byte(pageHead+pageBody+pageTail))
	sets, err := Open(t.Context(), []string{path}, nil)
	if err != nil || len(sets) != 1 || len(sets[0].Patches) != 1 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	p := sets[0].Patches[0]
	checkSender(t, &p.Mail)
	if p.Title != "rust: <T> & more" || p.MessageID != "20260311.1@example.org" {
		t.Errorf("%q, <%s>", p.Title, p.MessageID)
	}
	if len(p.Trailers) != 1 || p.Trailers[0].Value != "Jamie Lindsey <jamie@matrixforgelabs.com>" {
		t.Errorf("trailers %v", p.Trailers)
	}
	if !strings.Contains(string(p.Diff), "\n+M:\tNew <new@example.org>\n") || p.DiffErr != nil || len(p.Files) != 1 {
		t.Errorf("%v: %s", p.DiffErr, p.Diff)
	}
}

// TestPipermailMonth reads the mailbox of a month, "2026-March.txt.gz".
func TestPipermailMonth(t *testing.T) {
	const mbox = `From jamie at matrixforgelabs.com  Wed Mar 11 05:09:01 2026
From: jamie at matrixforgelabs.com (Jamie Lindsey)
Date: Wed, 11 Mar 2026 05:09:01 +0000
Subject: [PATCH v2 0/1] a cover
Message-ID: <1@example.org>

From the start,
this is text.

From jamie at matrixforgelabs.com  Wed Mar 11 05:09:02 2026
From: jamie at matrixforgelabs.com (Jamie Lindsey)
Date: Wed, 11 Mar 2026 05:09:01 +0000
Subject: [PATCH v2 1/1] a patch
In-Reply-To: <1@example.org>
References: <1@example.org>
Message-ID: <2@example.org>

Text.

Signed-off-by: Jamie Lindsey <jamie at matrixforgelabs.com>
---
diff --git a/f b/f
--- a/f
+++ b/f
@@ -1 +1 @@
-a
+b
`
	path := filepath.Join(t.TempDir(), "2026-March.txt.gz")
	mailtest.Write(t, path, mailtest.Gzipped(t, []byte(mbox)))
	sets, err := Open(t.Context(), []string{path}, nil)
	if err != nil || len(sets) != 1 || sets[0].Cover == nil || len(sets[0].Patches) != 1 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	checkSender(t, sets[0].Cover)
	p := sets[0].Patches[0]
	checkSender(t, &p.Mail)
	if p.Author.Email != "jamie@matrixforgelabs.com" || p.Trailers[0].Value != "Jamie Lindsey <jamie@matrixforgelabs.com>" {
		t.Errorf("author %v, trailers %v", p.Author, p.Trailers)
	}
}
