// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// lineEnds makes those of a source of HTML what a browser makes of them.
var lineEnds = strings.NewReplacer("\r", "", "\n", " ")

// plainOf returns the text of a part of HTML, line by line, for a reply that has no other: what it quotes and what is
// not shown is left out.
func plainOf(page []byte) []byte {
	var out bytes.Buffer
	hidden, pre := 0, 0 // how many elements are open that hide what is in them, or keep its line ends
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.Bytes()
		}
		if kind == html.TextToken {
			if text := string(z.Text()); hidden == 0 {
				if pre == 0 {
					text = lineEnds.Replace(text)
				}
				out.WriteString(strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " "))
			}
			continue
		}
		name, _ := z.TagName()
		open := 0
		switch kind {
		case html.StartTagToken:
			open = 1
		case html.EndTagToken:
			open = -1
		}
		switch atom.Lookup(name) {
		case atom.Blockquote, atom.Head, atom.Style, atom.Script, atom.Title:
			hidden = max(hidden+open, 0)
		case atom.Pre:
			pre = max(pre+open, 0)
			out.WriteByte('\n')
		case atom.Br, atom.P, atom.Div, atom.Tr, atom.Li, atom.Body, atom.Table:
			if hidden == 0 {
				out.WriteByte('\n')
			}
		}
	}
}
