// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"regexp"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// missingTool returns a finding where said, a line of a shell, is about a program that only the text of the series names: the base was built
// without. Else that the toolchain lacks it is the fault of this machine, and nil is returned.
func (b *builder) missingTool(said string) *report.Finding {
	m := missingRE.FindStringSubmatch(said)
	if m == nil || b.state == nil {
		return nil
	}
	name := regexp.MustCompile(`(?:^|[^\w.-])` + regexp.QuoteMeta(m[1]) + `(?:$|[^\w.-])`)
	for _, file := range b.written() {
		text, err := readRegular(b.state, file)
		if err != nil || !name.Match(text) {
			continue
		}
		if old, err := readRegular(b.state.Base(), file); err == nil && name.Match(old) {
			return nil
		}
		return &report.Finding{Check: "build/make", Severity: report.Error, File: file, Message: fmt.Sprintf("the build calls %s, a program that the toolchain does not have; the base is built without", m[1]),
			Detail: said, Hint: "where it is meant, say in Documentation/process/changes.rst that it is needed, and install it in the toolchain"}
	}
	return nil
}
