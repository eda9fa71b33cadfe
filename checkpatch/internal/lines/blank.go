// SPDX-License-Identifier: GPL-2.0-only

package lines

import (
	"bytes"
	"strings"
)

// A blanker replaces, line after line, each byte of a comment by the comment byte, each byte inside
// quotes by X, and the operand of #include and #error by X. Tabs stay, so that columns do.
type blanker struct {
	// open is what would close the comment or quotes in which the line stands: "*/", `"`, "'", or "".
	open string
	// keepC99 leaves the slashes of a // comment in place, for the rule against them.
	keepC99 bool
	out     []byte // what the last line became, for its memory
	// to takes all lines that are not deleted, each with a newline.
	to strings.Builder
}

func (b *blanker) reset(inComment bool) {
	b.open = ""
	if inComment {
		b.open = "*/"
	}
}

// plainBytes is what a line must contain for blank to have any work.
const plainBytes = "\"'/#\\"

// keep writes a line as it is, if it is not deleted.
func (b *blanker) keep(line string) {
	if !strings.HasPrefix(line, "-") {
		b.to.WriteString(line)
		b.to.WriteByte('\n')
	}
}

// blank writes a line of the new file. Its first byte stays.
func (b *blanker) blank(line string) {
	if b.open == "" && !strings.ContainsAny(line, plainBytes) || line == "" {
		b.keep(line)
		return
	}
	out := append(b.out[:0], line[0])
	for i := 1; i < len(line); i++ {
		c := line[i]
		two := line[i:min(i+2, len(line))]
		quoted := b.open == `"` || b.open == "'"
		switch {
		case b.open == "" && two == "/*":
			b.open = "*/"
			out = append(out, Comment, Comment)
			i++
			continue
		case b.open == "*/" && two == "*/":
			b.open = ""
			out = append(out, Comment, Comment)
			i++
			continue
		case b.open == "" && two == "//":
			b.open = "//"
			out = append(out, "//"...)
			i++
			continue
		case quoted && c == '\\':
			out = append(out, "XX"...)
			i++
			continue
		case (c == '\'' || c == '"') && b.open == "":
			b.open = line[i : i+1]
			out = append(out, c)
			continue
		case (c == '\'' || c == '"') && b.open == line[i:i+1]:
			b.open = ""
		}
		out = append(out, b.stand(c))
	}
	if b.open == "//" {
		b.open = ""
	}
	b.out = out
	b.to.Write(b.finish(out))
	b.to.WriteByte('\n')
}

// stand returns what stands for c.
func (b *blanker) stand(c byte) byte {
	switch {
	case b.open == "" || c == '\t':
		return c
	case b.open == "*/" || b.open == "//":
		return Comment
	}
	return 'X'
}

// finish blanks the operands of preprocessor lines and what is left of // comments.
func (b *blanker) finish(out []byte) []byte {
	i := skipSpaceBytes(out, 1)
	if i < len(out) && out[i] == '#' {
		out = blankDirective(out, i)
	}
	if !b.keepC99 {
		if i := bytes.Index(out, []byte("//")); i >= 0 {
			for ; i < len(out); i++ {
				out[i] = Comment
			}
		}
	}
	return out
}

// blankDirective blanks the name that #include gives in angle brackets, and the text of #error
// and #warning; hash is where the # stands.
func blankDirective(out []byte, hash int) []byte {
	word := skipSpaceBytes(out, hash+1)
	end := word
	for end < len(out) && IsWordByte(out[end]) {
		end++
	}
	operand := skipSpaceBytes(out, end)
	if operand == end {
		return out
	}
	switch string(out[word:end]) {
	case "include":
		closing := bytes.LastIndexByte(out, '>')
		if operand < len(out) && out[operand] == '<' && closing > operand {
			fill(out[operand+1:closing], 'X')
		}
	case "error", "warning":
		last := len(out)
		for last > operand && !IsWordByte(out[last-1]) {
			last--
		}
		if last > operand {
			fill(out[operand:last], 'X')
			return out[:last]
		}
	}
	return out
}

func fill(b []byte, c byte) {
	for i := range b {
		b[i] = c
	}
}

// startsInComment guesses whether the hunk whose header is raw[i] starts within a comment: when
// the first edge of a comment in it closes one, or its first line looks like the middle of one. count is the
// number of lines to look at.
func (s *Source) startsInComment(i, count int) bool {
	for _, line := range s.Raw[i+1:] {
		if strings.HasPrefix(line, "-") {
			continue
		}
		if count--; count < 0 {
			break
		}
		if edge := commentEdge(line); edge != "" {
			return edge == "*/"
		}
	}
	return i+1 < len(s.Raw) && starLine(s.Raw[i+1])
}

// commentEdge returns the first "/*" or "*/" of a line that has none within quotes.
func commentEdge(line string) string {
	open, shut := strings.Index(line, "/*"), strings.Index(line, "*/")
	if open < 0 && shut < 0 || edgeInQuotes(line) {
		return ""
	}
	if shut < 0 || open >= 0 && open < shut {
		return "/*"
	}
	return "*/"
}

// edgeInQuotes reports whether an edge of a comment stands between two quotation marks that
// have none between them.
func edgeInQuotes(line string) bool {
	parts := strings.Split(line, `"`)
	for i := 1; i < len(parts)-1; i++ {
		if strings.Contains(parts[i], "/*") || strings.Contains(parts[i], "*/") {
			return true
		}
	}
	return false
}

// starLine reports whether a line starts as lines within a comment do: with two stars or more, or
// with a space and a star.
func starLine(line string) bool {
	if line == "" {
		return false
	}
	space := SkipSpace(line, 1)
	stars := space
	for stars < len(line) && line[stars] == '*' {
		stars++
	}
	if stars < len(line) && !IsSpace(line[stars]) {
		return false
	}
	return stars-space >= 2 || stars-space == 1 && space > 1 && line[space-1] == ' '
}
