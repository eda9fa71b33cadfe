// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
)

// readObsolete finds the file patterns of entries in MAINTAINERS whose status is obsolete, and returns them a line each.
func readObsolete(text []byte) []byte {
	var found []byte
	files, obsolete := [][]byte(nil), false
	flush := func() {
		for _, f := range files {
			if obsolete {
				found = append(append(found, f...), '\n')
			}
		}
		files, obsolete = files[:0], false
	}
	for line := range bytes.Lines(text) {
		value := lines.TrimSpace(string(line[min(2, len(line)):]))
		switch {
		case len(bytes.TrimSpace(line)) == 0:
			flush()
		case bytes.HasPrefix(line, []byte("S:")):
			obsolete = obsolete || strings.Contains(strings.ToLower(value), "obsolete")
		case bytes.HasPrefix(line, []byte("F:")):
			files = append(files, []byte(value))
		}
	}
	flush()
	return found
}

// globRegexp is the pattern of a line "F:" in MAINTAINERS: a name with * and ?, and all below where it ends with a slash.
func globRegexp(glob string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(glob)
	pattern = strings.NewReplacer(`\*`, `[^/]*`, `\?`, `.`).Replace(pattern)
	if !strings.HasSuffix(glob, "/") {
		pattern += `(?:/.*)?$`
	}
	return regexp.MustCompile("^" + pattern)
}

// globMatches reports whether a file is what a line "F:" names.
func globMatches(glob, file string) bool {
	plain, _, _ := strings.Cut(glob, "*")
	plain, _, _ = strings.Cut(plain, "?")
	return strings.HasPrefix(file, plain) && globRegexp(glob).MatchString(file)
}

// Obsolete reports whether MAINTAINERS calls file obsolete.
func (d *Tree) Obsolete(file string) bool {
	if !d.Real {
		return false
	}
	for _, glob := range d.obsoletes() {
		if globMatches(glob, file) {
			return true
		}
	}
	// The script asks another one about the file, and takes its complaint that there is no such file
	// for the answer: so a name with the word in it will do.
	return strings.Contains(strings.ToLower(file), "obsolete") && !d.Exists(file)
}

// obsoletes returns the patterns of what is obsolete.
func (d *Tree) obsoletes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.obsolete == nil {
		globs := strings.Fields(string(d.keep("obsolete", "MAINTAINERS", func() []byte { return readObsolete(d.Read("MAINTAINERS", nil)) })))
		d.obsolete = &globs
	}
	return *d.obsolete
}
