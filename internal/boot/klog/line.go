// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A part is what one printk wrote in one line of the console.
type part struct {
	// context is who printed it, as CONFIG_PRINTK_CALLER has it ("T12", "C0"); "" where it is not told.
	context string
	stamped bool
	text    string
}

var (
	// stampRE is what info_print_prefix() of kernel/printk/printk.c puts first, maybe behind what a
	// log daemon puts there: "<6>[   12.345678][  T123] ".
	stampRE = lazyregexp.New(`(?:<\d+>)?\[ *\d+\.\d{6}\](?: ?\[ *([CT]\d+)\])? ?`)
	// unstampedRE is the prefix of a kernel with callers but without times, or with levels only.
	unstampedRE = lazyregexp.New(`^(?:<\d{1,3}>)?(?:\[ *([CT]\d+)\] )?`)
	// daemonRE is what journals and the like print before the kernel's text.
	daemonRE = lazyregexp.New(`^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) \S+ kernel: `)
	// controlRE are terminal sequences, which firmware and shells write.
	controlRE = lazyregexp.New("\x1b\\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
)

// split returns the parts of a line: a console that two write to at once has two messages in a line.
func split(line string) []part {
	if strings.ContainsAny(line, "\x1b\x00\r\x07\x08") {
		line = controlRE.ReplaceAllString(line, "")
	}
	if m := daemonRE.FindString(line); m != "" {
		line = line[len(m):]
	}
	stamps := stampRE.FindAllStringSubmatchIndex(line, 16)
	if len(stamps) == 0 {
		m := unstampedRE.FindStringSubmatch(line)
		return []part{{context: m[1], text: line[len(m[0]):]}}
	}
	var parts []part
	if stamps[0][0] > 0 {
		parts = append(parts, part{text: line[:stamps[0][0]]})
	}
	for i, s := range stamps {
		end := len(line)
		if i+1 < len(stamps) {
			end = stamps[i+1][0]
		}
		p := part{stamped: true, text: line[s[1]:end]}
		if s[2] >= 0 {
			p.context = line[s[2]:s[3]]
		}
		parts = append(parts, p)
	}
	return parts
}

// Texts returns what the kernel's messages in a line of a console say, without stamps.
func Texts(line string) []string {
	var res []string
	for _, p := range split(line[:min(len(line), maxLine)]) {
		res = append(res, p.text)
	}
	return res
}
