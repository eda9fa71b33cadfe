// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A Turn says how a diff differs from what git am takes, as the options behind a name in a series file of quilt say.
// The zero value is a diff as git am takes it.
type Turn struct {
	// Extra is how many leading folders more than git's "a/" and "b/" the names have: -1 for patch -p0, 1 for -p2.
	Extra int
	// Reverse is set where the diff goes from the new files to the old ones.
	Reverse bool
}

// Diff returns text, in which a diff stands, as git format-patch would have written it: names have one leading
// folder, and lines with "+" are those that come. What is no diff stays as it is.
func (t Turn) Diff(text []byte) []byte {
	if t == (Turn{}) {
		return text
	}
	w := turner{turn: t, lines: bytes.SplitAfter(text, []byte("\n"))}
	for w.at < len(w.lines) {
		w.next()
	}
	return w.out.Bytes()
}

// A turner goes through the lines of a diff once.
type turner struct {
	turn  Turn
	lines [][]byte
	at    int
	out   bytes.Buffer
	// inFile is set between the header of a file and what is no part of a diff.
	inFile bool
}

var (
	hunkLine   = lazyregexp.New(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)
	indexLine  = lazyregexp.New(`^index ([0-9a-fA-F]+)\.\.([0-9a-fA-F]+)`)
	opposites  = [][2]string{{"old mode ", "new mode "}, {"new file mode ", "deleted file mode "}, {"rename from ", "rename to "}, {"copy from ", "copy to "}}
	binaryLine = []byte("GIT binary patch")
)

func (w *turner) line(ahead int) string {
	if w.at+ahead < len(w.lines) {
		return string(w.lines[w.at+ahead])
	}
	return ""
}

// next takes one line, or one part of a diff.
func (w *turner) next() {
	line := w.line(0)
	switch {
	case strings.HasPrefix(line, "diff --git "):
		w.inFile = true
		w.gitNames(strings.TrimPrefix(line, "diff --git "))
		return
	case strings.HasPrefix(line, "--- ") && strings.HasPrefix(w.line(1), "+++ ") && (w.inFile || hunkLine.MatchString(w.line(2))):
		w.inFile = true
		w.names()
		return
	case w.inFile && hunkLine.MatchString(line):
		w.hunk()
		return
	case w.inFile && bytes.HasPrefix(w.lines[w.at], binaryLine) && w.turn.Reverse:
		w.binary()
		return
	case w.inFile:
		line = w.extended(line)
	}
	w.out.WriteString(line)
	w.at++
}

// extended returns a line of git's header, turned.
func (w *turner) extended(line string) string {
	for _, pair := range opposites {
		for i, word := range pair {
			rest, ok := strings.CutPrefix(line, word)
			if !ok {
				continue
			}
			if strings.HasPrefix(word, "rename ") || strings.HasPrefix(word, "copy ") {
				// These names have no "a/" in front, so that there is one folder less to take off.
				name, end := nameOf(rest)
				rest = w.strip(name, w.turn.Extra) + rest[end:]
			}
			if w.turn.Reverse {
				word = pair[1-i]
			}
			return word + rest
		}
	}
	if m := indexLine.FindStringSubmatch(line); m != nil && w.turn.Reverse {
		return "index " + m[2] + ".." + m[1] + line[len(m[0]):]
	}
	return line
}

// nameOf returns the file name that begins text, and where it ends: at a tab or the end of the line, or it is quoted.
func nameOf(text string) (name string, end int) {
	if strings.HasPrefix(text, `"`) {
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return text[:i+1], i + 1
			}
		}
	}
	end = len(strings.TrimRight(text, "\r\n"))
	if tab := strings.IndexByte(text[:end], '\t'); tab >= 0 {
		end = tab
	}
	return text[:end], end
}

// strip takes n leading folders off a name, in quotes or not: "" where it has fewer.
func (w *turner) strip(name string, n int) string {
	quoted := strings.HasPrefix(name, `"`)
	name = strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`)
	for ; n > 0; n-- {
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return ""
		}
		name = strings.TrimLeft(rest, "/")
	}
	if quoted {
		name = `"` + name + `"`
	}
	return name
}

// under puts a folder before a name, within its quotes where it has some.
func under(dir, name string) string {
	if rest, ok := strings.CutPrefix(name, `"`); ok {
		return `"` + dir + rest
	}
	return dir + name
}

// gitNames turns a "diff --git" line. Where it does not tell its two names apart it stays: the lines after it name the
// files.
func (w *turner) gitNames(rest string) {
	w.at++
	text := strings.TrimRight(rest, "\r\n")
	for i := range text {
		if text[i] != ' ' {
			continue
		}
		first, second := w.strip(text[:i], w.turn.Extra+1), w.strip(text[i+1:], w.turn.Extra+1)
		if first == "" || second == "" || first != second && strings.Count(text, " ") > 1 {
			continue
		}
		if w.turn.Reverse {
			first, second = second, first
		}
		fmt.Fprintf(&w.out, "diff --git %s %s%s", under("a/", first), under("b/", second), rest[len(text):])
		return
	}
	w.out.WriteString("diff --git " + rest)
}

// names turns the lines "--- a/file" and "+++ b/file".
func (w *turner) names() {
	var names, tails [2]string
	for i := range names {
		text := w.line(i)[4:]
		name, end := nameOf(text)
		if tails[i] = text[end:]; strings.TrimRight(name, " ") == "/dev/null" {
			names[i] = "/dev/null"
			continue
		}
		names[i] = w.strip(name, w.turn.Extra+1)
	}
	// Where one name is too short for what is to be taken off, the other counts.
	for i := range names {
		if names[i] == "" && names[1-i] != "/dev/null" {
			names[i] = names[1-i]
		}
	}
	if w.turn.Reverse {
		names[0], names[1], tails[0], tails[1] = names[1], names[0], tails[1], tails[0]
	}
	for i, dir := range []string{"a/", "b/"} {
		if names[i] != "/dev/null" {
			names[i] = under(dir, names[i])
		}
		w.out.WriteString([]string{"--- ", "+++ "}[i] + names[i] + tails[i])
	}
	w.at += 2
}

// hunk turns one hunk; a damaged one as far as it goes.
func (w *turner) hunk() {
	header := w.line(0)
	m := hunkLine.FindStringSubmatch(header)
	left := [2]int{1, 1}
	for i, text := range []string{m[2], m[4]} {
		if n, err := strconv.Atoi(text); err == nil {
			left[i] = n
		}
	}
	side := func(pos, count string) string {
		if count != "" {
			pos += "," + count
		}
		return pos
	}
	older, newer := side(m[1], m[2]), side(m[3], m[4])
	if w.turn.Reverse {
		older, newer = newer, older
	}
	w.out.WriteString("@@ -" + older + " +" + newer + " @@" + header[len(m[0]):])
	w.at++
	for w.at < len(w.lines) && (left[0] > 0 || left[1] > 0) {
		switch line := w.line(0); {
		case line == "" || !strings.ContainsRune(" -+\\\n\r\t", rune(line[0])):
			return
		case line[0] == '-' || line[0] == '+':
			w.group(&left)
		case line[0] == '\\':
			w.copy(&w.out)
		default:
			left[0]--
			left[1]--
			w.copy(&w.out)
		}
	}
	if strings.HasPrefix(w.line(0), "\\") {
		w.copy(&w.out)
	}
}

func (w *turner) copy(to *bytes.Buffer) {
	to.Write(w.lines[w.at])
	w.at++
}

// group turns lines that go and come, with what is said of their ends. Turned round, those that go stand first as well.
func (w *turner) group(left *[2]int) {
	if !w.turn.Reverse {
		left[strings.IndexByte("-+", w.line(0)[0])]--
		w.copy(&w.out)
		return
	}
	var sides [2]bytes.Buffer
	last := &w.out
	for ; w.at < len(w.lines) && (left[0] > 0 || left[1] > 0 || w.line(0) != "" && w.line(0)[0] == '\\'); w.at++ {
		line := w.lines[w.at]
		if len(line) == 0 {
			break
		}
		side := bytes.IndexByte([]byte("-+"), line[0])
		if side < 0 && line[0] != '\\' {
			break
		}
		if side >= 0 {
			left[side]--
			last = &sides[1-side]
			last.WriteByte("+-"[side])
			line = line[1:]
		}
		last.Write(line)
		if !bytes.HasSuffix(line, []byte("\n")) {
			last.WriteByte('\n') // the last line of the text may not be the last one now
		}
	}
	w.out.Write(sides[0].Bytes())
	w.out.Write(sides[1].Bytes())
}

// binary writes the two parts of a binary patch the other way round: what makes the old file comes first.
func (w *turner) binary() {
	w.out.Write(w.lines[w.at])
	w.at++
	var parts [2][][]byte
	for i := range parts {
		for w.at < len(w.lines) && len(bytes.TrimRight(w.lines[w.at], "\r\n")) > 0 {
			parts[i] = append(parts[i], w.lines[w.at])
			w.at++
		}
		if w.at < len(w.lines) {
			parts[i] = append(parts[i], w.lines[w.at])
			w.at++
		}
	}
	for _, part := range [][][]byte{parts[1], parts[0]} {
		w.out.Write(bytes.Join(part, nil))
	}
}
