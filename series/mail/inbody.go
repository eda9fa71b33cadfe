// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
	"strings"
)

// messageLine takes one line of the message. It returns true where the line starts the patch;
// *line is then that line as the patch has it.
func (r *mailReader) messageLine(line *[]byte) bool {
	if r.inBodyStage {
		if len(*line) == 0 || string(*line) == "\n" {
			// Blank lines before the text go; one after in-body headers ends them.
			if len(r.accum) > 0 {
				r.flushInBody()
				r.inBodyStage = false
			}
			return false
		}
		r.inBodyStage = !r.opts.IgnoreInBody && r.inBodyHeader(*line)
		if r.inBodyStage {
			return false
		}
	}
	converted, err := r.toUTF8(*line)
	if err != nil {
		r.fail(err)
		converted = *line
	}
	*line = converted
	if r.opts.Scissors && isScissors(CString(*line)) {
		r.info.Message = r.info.Message[:0]
		r.inBody = [numHeaders]field{}
		r.inBodyStage = true
		return false
	}
	if isPatchStart(*line) {
		if r.opts.MessageID && r.messageID.present {
			r.info.Message = fmt.Appendf(r.info.Message, "Message-ID: %s\n", CString(r.messageID.value))
		}
		return true
	}
	r.info.Message = append(r.info.Message, *line...)
	return false
}

// inBodyHeader takes line where it is an in-body header, or the continuation of one.
func (r *mailReader) inBodyHeader(line []byte) bool {
	if len(r.accum) > 0 && (line[0] == ' ' || line[0] == '\t') {
		if r.opts.Scissors && isScissors(CString(line)) {
			r.flushInBody()
			return false
		}
		r.accum = append(bytes.TrimSuffix(r.accum, []byte("\n")), line...)
		return true
	}
	r.flushInBody()
	if bytes.HasPrefix(line, []byte(">From")) && len(line) > 5 && isGitSpace(line[5]) {
		return isFormatPatchLine(line[1:])
	}
	if bytes.HasPrefix(line, []byte("[PATCH]")) && len(line) > 7 && isGitSpace(line[7]) {
		r.inBody[hdrSubject] = field{bytes.Clone(line), true}
		return true
	}
	for i, name := range headerNames {
		if _, ok := headerValue(line, name); ok && !r.inBody[i].present {
			r.accum = append(r.accum[:0], line...)
			return true
		}
	}
	return false
}

// flushInBody takes the in-body header that was collected.
func (r *mailReader) flushInBody() {
	if len(r.accum) > 0 {
		r.header(bytes.Clone(r.accum), &r.inBody, false)
		r.accum = r.accum[:0]
	}
}

// isFormatPatchLine reports whether line is the "From " line that git format-patch writes.
func isFormatPatchLine(line []byte) bool {
	const hash, date = 40, " Mon Sep 17 00:00:00 2001\n"
	rest, ok := bytes.CutPrefix(line, []byte("From "))
	if !ok || len(rest) != hash+len(date) || string(rest[hash:]) != date {
		return false
	}
	for _, c := range rest[:hash] {
		if hexDigit(c) < 0 || 'A' <= c && c <= 'F' {
			return false
		}
	}
	return true
}

// isPatchStart reports whether the patch starts with line: a diff, a CVS index line, a
// "--- file" line or the "---" that ends the message.
func isPatchStart(line []byte) bool {
	if bytes.HasPrefix(line, []byte("diff -")) || bytes.HasPrefix(line, []byte("Index: ")) {
		return true
	}
	if len(line) < 4 || !bytes.HasPrefix(line, []byte("---")) {
		return false
	}
	if line[3] == ' ' && (len(line) == 4 || !isGitSpace(line[4])) {
		return true
	}
	for _, c := range line[3:] {
		if c == '\n' {
			return true
		}
		if !isGitSpace(c) {
			return false
		}
	}
	return false
}

// isScissors reports whether line tells to cut here: ">8" or "8<" on a perforation of dashes
// that makes up more than a third of the line, and is mostly no gaps.
func isScissors(line []byte) bool {
	first, last := -1, -1
	cut, gaps, perforation := false, 0, 0
	within := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		if isGitSpace(c) {
			if within {
				perforation++
				gaps++
			}
			continue
		}
		last = i
		if first < 0 {
			first = i
		}
		switch {
		case c == '-':
			within = true
			perforation++
		case isScissorsMark(line[i:]):
			within, cut = true, true
			perforation += 2
			i++
		default:
			within = false
		}
	}
	if first < 0 {
		return false
	}
	visible := last - first + 1
	return cut && visible >= 8 && visible < perforation*3 && gaps*2 < perforation
}

func isScissorsMark(s []byte) bool {
	if len(s) < 2 {
		return false
	}
	switch string(s[:2]) {
	case ">8", "8<", ">%", "%<":
		return true
	}
	return false
}

// StartsInBody reports whether git would take the start of body for in-body headers.
func StartsInBody(body string) bool {
	r := mailReader{info: new(Info)}
	line, _, _ := strings.Cut(body, "\n")
	return body != "" && r.inBodyHeader([]byte(line+"\n"))
}
