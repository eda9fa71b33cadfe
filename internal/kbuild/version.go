// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var versionRE = lazyregexp.New(`\d+(\.\d+)+|\d+`)

// findVersion returns the first version number of a tool's --version line, or "".
func findVersion(line string) string { return versionRE.FindString(line) }

// compareVersions compares two dotted versions number by number; 4 and 4.0 are equal.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		if c := cmp.Compare(versionPart(as, i), versionPart(bs, i)); c != 0 {
			return c
		}
	}
	return 0
}

func versionPart(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	n, _ := strconv.Atoi(parts[i]) // "x" in 3.9.x counts as 0
	return n
}

// changesRE matches a row of the table in Documentation/process/changes.rst:
// program, minimal version, command to check it.
var changesRE = lazyregexp.New(`(?m)^(\S+(?: \S+)*?)(?: \(optional\))? {2,}(\d[\w.]*) {2,}(\S+) `)

// changesMinima returns the minimal versions of the table in changes.rst by the name of the
// command that checks them: "make" → "4.0".
func changesMinima(rst string) map[string]string {
	minima := map[string]string{}
	for _, m := range changesRE.FindAllStringSubmatch(rst, -1) {
		minima[m[3]] = m[2]
	}
	return minima
}
