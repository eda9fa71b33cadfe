// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"slices"
	"strings"
)

// An image is a file in lines, while hunks change it.
type image struct {
	lines []imageLine
	// ragged says that a line other than the last has no line end: a hunk left it so.
	ragged bool
}

type imageLine struct {
	text []byte
	// patched lines came from a hunk; no later hunk of the same patch may touch them.
	patched bool
}

// newImage splits data, which must not be changed any more.
func newImage(data []byte) *image {
	img := &image{lines: make([]imageLine, 0, bytes.Count(data, []byte("\n"))+1)}
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n') + 1
		if end == 0 {
			end = len(data)
		}
		img.lines = append(img.lines, imageLine{text: data[:end:end]})
		data = data[end:]
	}
	return img
}

// bytes returns the content of the file.
func (img *image) bytes() []byte {
	size := 0
	for _, l := range img.lines {
		size += len(l.text)
	}
	data := make([]byte, 0, size)
	for _, l := range img.lines {
		data = append(data, l.text...)
	}
	return data
}

// matches reports whether pre stands at line at of img, untouched by other hunks, and, where end is
// set, up to the end. The caller has made sure that img has so many lines.
func (img *image) matches(at int, pre []string, end bool, b *budget) bool {
	if img.ragged || isRagged(pre) {
		return img.matchesRagged(at, pre, end, b)
	}
	for i, want := range pre {
		b.takeLine(want)
		if l := &img.lines[at+i]; l.patched || string(l.text) != want {
			return false
		}
	}
	return true
}

// matchesRagged is matches where lines lack their ends. There git apply compares line by line
// without white space, and then the text as a whole: "x" without a line end matches "x\n".
func (img *image) matchesRagged(at int, pre []string, end bool, b *budget) bool {
	size := 0
	for i, want := range pre {
		l := &img.lines[at+i]
		b.takeLine(want)
		b.takeLine(string(l.text))
		if l.patched || squeeze(string(l.text)) != squeeze(want) {
			return false
		}
		size += len(want)
	}
	var have strings.Builder
	for _, l := range img.lines[at:] {
		if have.Len() > size {
			break
		}
		have.Write(l.text)
	}
	if end && have.Len() != size {
		return false
	}
	return strings.HasPrefix(have.String(), strings.Join(pre, ""))
}

// isRagged reports whether a line has no end.
func isRagged(lines []string) bool {
	for _, l := range lines {
		if !strings.HasSuffix(l, "\n") {
			return true
		}
	}
	return false
}

// squeeze returns s without what git takes for white space.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, s)
}

// replace puts post in the place of n lines from line at on.
func (img *image) replace(at, n int, post []string, b *budget) {
	if n != len(post) {
		b.take((len(img.lines) - at) / 8) // they move
	}
	lines := make([]imageLine, len(post))
	for i, text := range post {
		lines[i] = imageLine{text: []byte(text), patched: true}
	}
	img.lines = slices.Replace(img.lines, at, at+n, lines...)
	for _, l := range img.lines[max(at-1, 0):min(at+len(post), max(len(img.lines)-1, 0))] {
		if !bytes.HasSuffix(l.text, []byte("\n")) {
			img.ragged = true
		}
	}
}
