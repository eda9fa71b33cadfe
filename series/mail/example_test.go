// SPDX-License-Identifier: GPL-2.0-only

package mail_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/lsmpatch/lsmpatch/series/mail"
)

func ExampleRead() {
	raw := []byte("From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\n" +
		"Subject: [PATCH 1/2] lsm: add a hook\n\n" +
		"Why it is there.\n---\n f | 1 +\n")
	m, info := mail.Read(raw, new(mail.Options))
	p, err := mail.NewPatch(m, info, new(mail.Options))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Subject)
	fmt.Printf("%s by %s\n", p.Title, p.Author.Name)
	fmt.Printf("%q\n", p.Message)
	// Output:
	// [PATCH 1/2] lsm: add a hook
	// lsm: add a hook by Jörg
	// "lsm: add a hook\n\nWhy it is there.\n"
}

func ExampleSplit() {
	mbox := "From a Mon Sep 17 00:00:00 2001\nSubject: one\n\ntext\n\nFrom b Mon Sep 17 00:00:00 2001\nSubject: two\n\ntext\n"
	err := mail.Split(bytes.NewReader([]byte(mbox)), func(s mail.Span) error {
		fmt.Printf("line %d: %d bytes\n", s.Line, s.Size)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// line 1: 52 bytes
	// line 6: 51 bytes
}

func ExampleParseSubject() {
	s := mail.ParseSubject("Re: [RFC PATCH v3 02/11] landlock: take a lock")
	fmt.Printf("reply %v, version %d, %d of %d, %q, %q\n", s.Reply, s.Version, s.Index, s.Total, s.Words, s.Title)
	// Output:
	// reply true, version 3, 2 of 11, ["RFC"], "landlock: take a lock"
}

func ExampleParseTrailers() {
	for _, t := range mail.ParseTrailers("title\n\nText.\n\nFixes: 1da177e4c3f4 (\"Linux-2.6.12-rc2\")\nSigned-off-by: A <a@example.org>\n") {
		fmt.Printf("%s = %s\n", t.Key, t.Value)
	}
	// Output:
	// Fixes = 1da177e4c3f4 ("Linux-2.6.12-rc2")
	// Signed-off-by = A <a@example.org>
}
