// SPDX-License-Identifier: GPL-2.0-only

package message

import (
	"bytes"
	"mime"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// An address is an e-mail address taken apart: Name (NameComment) <Addr> Comment.
type address struct {
	name, nameComment, addr, comment string
}

var (
	emailAngle   = lazyregexp.New(`^(.*)<(\S+@\S+)>(.*)$`)
	emailBare    = lazyregexp.New(`(\S+@\S+)(.*)$`)
	emailQuoted  = lazyregexp.New(`"(.+)"`)
	emailSpecial = lazyregexp.New(`[^\w \-]`)
	angled       = lazyregexp.New(`^<[^>]+>$`)
)

// parseAddress takes an address apart. It is lenient; where nothing looks like an address, addr is "".
func parseAddress(s string) address {
	var a address
	if m := emailAngle.FindStringSubmatch(s); m != nil {
		a = address{name: m[1], addr: m[2], comment: m[3]}
	} else if loc := emailBare.FindStringSubmatchIndex(s); loc != nil {
		a.addr, a.comment = s[loc[2]:loc[3]], s[loc[4]:loc[5]]
		a.name = strings.Trim(s[:strings.Index(s, a.addr)], " \t")
		a.name = strings.TrimSuffix(strings.TrimPrefix(a.name, `"`), `"`)
		// A name before an address that has not both of its angle brackets is an error.
		if a.name != "" && !angled.MatchString(a.addr) {
			return address{}
		}
	}
	quoted := ""
	if loc := emailQuoted.FindStringSubmatchIndex(a.name); loc != nil {
		quoted = a.name[loc[2]:loc[3]]
		a.name = a.name[:loc[0]] + a.name[loc[1]:]
	}
	a.name, a.nameComment = cutComments(a.name)
	a.name = lines.TrimSpace(quoted + " " + strings.Trim(a.name, ` "`))
	a.addr = lines.TrimSpace(a.addr)
	a.addr = strings.TrimSuffix(strings.TrimPrefix(a.addr, "<"), ">")
	a.comment = lines.TrimSpace(a.comment)
	a.name = quoteName(a.name)
	return a
}

// cutComments moves what stands in parentheses out of a name.
func cutComments(name string) (rest, comments string) {
	ends := closingParens(name)
	if len(ends) == 0 {
		return name, ""
	}
	var cut strings.Builder
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); {
		end, ok := ends[i]
		if !ok {
			out = append(out, name[i])
			i++
			continue
		}
		cut.WriteString(name[i:end])
		out = append(bytes.TrimRightFunc(out, lines.IsSpaceRune), ' ')
		i = lines.SkipSpace(name, end)
	}
	return string(out), cut.String()
}

// closingParens returns, by the place of each parenthesis that is closed, where that ends.
func closingParens(s string) map[int]int {
	ends := map[int]int{}
	var open []int
	for i := range len(s) {
		switch {
		case s[i] == '(':
			open = append(open, i)
		case s[i] == ')' && len(open) > 0:
			ends[open[len(open)-1]] = i + 1
			open = open[:len(open)-1]
		}
	}
	return ends
}

// quoteName puts a name in quotes where it has characters that must be.
func quoteName(name string) string {
	if !emailSpecial.MatchString(name) {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		if name[i] == '"' && (i == 0 || name[i-1] != '\\') {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	return `"` + b.String() + `"`
}

// format puts a together again.
func (a address) format() string {
	name := quoteName(strings.Trim(a.name, ` "`))
	addr := strings.TrimRight(lines.TrimSpace(a.addr), `.,"`)
	out := addr
	if name != "" {
		out = name
		if c := lines.TrimSpace(a.nameComment); c != "" {
			out += " " + c
		}
		out += " <" + addr + ">"
	}
	if c := lines.TrimSpace(a.comment); c != "" {
		out += " " + c
	}
	return out
}

// decodeWords decodes the encoded words of a header.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var d mime.WordDecoder
	if decoded, err := d.DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}
