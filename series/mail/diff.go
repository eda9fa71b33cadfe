// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/share"
)

// parseDiff reads the files of a diff. Their names are those that git am gives them, with -p1: the
// parser takes off "a/" and "b/" itself where a line "diff --git" is, and not in diffs without.
func parseDiff(diff []byte) ([]*gitdiff.File, error) {
	if bytes.Contains(diff, []byte("\r\n")) {
		diff = trimHeaderCR(diff)
	}
	if err := checkSize(diff); err != nil {
		return nil, err
	}
	if err := checkNames(diff); err != nil {
		return nil, err
	}
	files, _, err := gitdiff.Parse(bytes.NewReader(diff))
	if !bytes.HasPrefix(diff, []byte("diff --git ")) && !bytes.Contains(diff, []byte("\ndiff --git ")) {
		for _, f := range files {
			f.OldName, f.NewName = stripFirst(f.OldName), stripFirst(f.NewName)
		}
	}
	shareLines(files, diff)
	return files, err
}

// shareLines lets the lines of files be those of diff, of which the parser makes copies. A line that does not stand where it is
// looked for stays a copy.
func shareLines(files []*gitdiff.File, diff []byte) {
	rest := share.String(diff)
	for _, f := range files {
		for _, fragment := range f.TextFragments {
			for line := ""; rest != "" && !strings.HasPrefix(line, "@@ -"); {
				line, rest = cutLine(rest)
			}
			for i := range fragment.Lines {
				line, more := cutLine(rest)
				if strings.HasPrefix(line, `\`) { // "No newline at end of file"
					line, more = cutLine(more)
				}
				if rest = more; line != "" && line[1:] == fragment.Lines[i].Line {
					fragment.Lines[i].Line = line[1:]
				}
			}
		}
	}
}

// cutLine returns the first line of text with its end, and the rest.
func cutLine(text string) (line, rest string) {
	end := strings.IndexByte(text, '\n') + 1
	if end == 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}

// checkSize refuses a diff of more lines or files than any real one has: each takes many times its own bytes once it is read.
func checkSize(diff []byte) error {
	if n := bytes.Count(diff, []byte("\n")); n > limit.PatchLines {
		return fmt.Errorf("a diff of %d lines; the limit is %d", n, limit.PatchLines)
	}
	if n := bytes.Count(diff, []byte("\ndiff --git ")); n >= limit.PatchFiles {
		return fmt.Errorf("a patch of more than %d files", limit.PatchFiles)
	}
	return nil
}

// maxNameSteps is how many steps the parser may take for the names of one line "diff --git a/x b/x".
// It tries each space as the one between them, so a line of n spaces can take n times its length.
// A path of 4096 bytes (Linux's PATH_MAX) may have over a hundred spaces.
const maxNameSteps = 1 << 20

// checkNames refuses names that would keep the parser busy for long.
func checkNames(diff []byte) error {
	n := 0
	for line := range bytes.Lines(diff) {
		n++
		names, ok := bytes.CutPrefix(line, []byte("diff --git "))
		if !ok || bytes.IndexByte(names, '"') >= 0 {
			continue
		}
		if spaces := bytes.Count(names, []byte(" ")) + bytes.Count(names, []byte("\t")); spaces*len(names) > maxNameSteps {
			return fmt.Errorf("line %d: file names of %d bytes with too many spaces", n, len(names))
		}
	}
	return nil
}

func stripFirst(name string) string {
	if _, rest, ok := strings.Cut(name, "/"); ok {
		return rest
	}
	return name
}

// trimHeaderCR drops the CRs at the ends of all lines outside of hunks: git takes them for white
// space there. Within a hunk they belong to the file.
func trimHeaderCR(diff []byte) []byte {
	out := make([]byte, 0, len(diff))
	var before, after int // lines of the hunk that are still to come
	for line := range bytes.Lines(diff) {
		if before <= 0 && after <= 0 {
			if trimmed, ok := bytes.CutSuffix(line, []byte("\r\n")); ok {
				out = append(append(out, trimmed...), '\n')
			} else {
				out = append(out, line...)
			}
			before, after = hunkCounts(line)
			continue
		}
		switch line[0] {
		case '-':
			before--
		case '+':
			after--
		case ' ', '\n':
			before--
			after--
		}
		out = append(out, line...)
	}
	return out
}

// hunkCounts returns how many lines a hunk has on either side, by its "@@ -1,2 +3,4 @@" line, or
// zeros where line is none.
func hunkCounts(line []byte) (before, after int) {
	fields := bytes.Fields(line)
	if len(fields) < 4 || string(fields[0]) != "@@" || fields[1][0] != '-' || fields[2][0] != '+' {
		return 0, 0
	}
	count := func(span []byte) int {
		_, n, ok := bytes.Cut(span, []byte(","))
		if !ok {
			return 1
		}
		lines, err := strconv.Atoi(string(n))
		if err != nil {
			return 0
		}
		return lines
	}
	return count(fields[1]), count(fields[2])
}

// comment returns the text between the "---" line that starts diff and the first file.
func comment(diff []byte) string {
	first, rest, _ := bytes.Cut(diff, []byte("\n"))
	if len(bytes.TrimRight(first, GitSpace)) != 3 || !bytes.HasPrefix(first, []byte("---")) {
		return ""
	}
	end := 0
	for line := range bytes.Lines(rest) {
		if bytes.HasPrefix(line, []byte("diff -")) || bytes.HasPrefix(line, []byte("Index: ")) ||
			bytes.HasPrefix(line, []byte("--- ")) && bytes.HasPrefix(rest[end+len(line):], []byte("+++ ")) {
			break
		}
		end += len(line)
	}
	return string(rest[:end])
}
