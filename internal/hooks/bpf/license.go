// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A license is what the section of that name says in the file of a program.
type license struct {
	text string
	has  bool
	// unread says that it is there and no literal, elsewhere that a header of the project may have it.
	unread, elsewhere bool
}

// compatible are the licenses that the kernel takes for that of the GPL: license_is_gpl_compatible() in include/linux/license.h.
var compatible = []string{"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}

// reOwnHeader finds headers of the project itself; vmlinux.h and those of libbpf are made, or for all.
var reOwnHeader = lazyregexp.New(`(?m)^\s*#\s*include\s*"(?:[^"]*/)?([^"/]+)"`)

// licenseOf reads the license of a C file: the sections that its tokens name are calls.
func licenseOf(text []byte, toks []ctype.Token, calls []ctype.Call) license {
	var l license
	for _, call := range calls {
		if len(call.Args) != 1 || ctype.Text(call.Args[0]) != `"license"` {
			continue
		}
		rest := toks[call.End:]
		rest = rest[:max(0, slices.IndexFunc(rest, func(t ctype.Token) bool { return t.Is(";") }))]
		is := slices.IndexFunc(rest, func(t ctype.Token) bool { return t.Is("=") })
		var whole bool
		l.text, whole = literal(rest[is+1:])
		l.has, l.unread = true, is < 0 || !whole
	}
	for _, m := range reOwnHeader.FindAllSubmatch(text, -1) {
		if name := string(m[1]); name != "vmlinux.h" && !strings.HasPrefix(name, "bpf_") {
			l.elsewhere = true
		}
	}
	l.elsewhere = l.elsewhere || bytes.Contains(text, []byte(".c\"")) || bytes.Contains(text, []byte(".c>"))
	return l
}

// loads tells of a program that no kernel loads, whatever it does. The license is told of once a file.
func (r *Rules) loads(h *defs.Hook, p *Program, tell teller) {
	if p.static {
		tell("hooks/bpf-static", report.Error, p.Pos, fmt.Sprintf("BPF program %s is static, and libbpf does not load an object with a static program", p.Name), "leave static out")
	}
	if p.void && h.Return != "void" {
		tell("hooks/bpf-param", report.Error, p.Pos, fmt.Sprintf("hook %s returns %s (%s), and %s returns nothing: the verifier does not take it", h.Name, h.Return, placeOf(h), p.Name), "return "+h.Return)
	}
	key := p.File + " license"
	l := p.license
	if r.told[key] || strings.HasSuffix(p.File, ".h") {
		return
	}
	switch r.told[key] = true; {
	case l.unread:
		tell("hooks/not-compared", report.Note, p.Pos, fmt.Sprintf("the license of BPF program %s is no literal, and was not looked at", p.Name), `write it out: char _license[] SEC("license") = "GPL"`)
	case l.has && !slices.Contains(compatible, l.text):
		tell("hooks/bpf-license", report.Error, p.Pos, fmt.Sprintf("the license of BPF program %s is %q, and the kernel loads programs for hooks with one of the GPL alone", p.Name, l.text),
			fmt.Sprintf("take one of: %s", strings.Join(compatible, ", ")))
	case !l.has && l.elsewhere:
		tell("hooks/not-compared", report.Note, p.Pos, fmt.Sprintf("the file of BPF program %s has no license, which a header may have, or one that it is linked with", p.Name), `see that one has: char _license[] SEC("license") = "GPL"`)
	case !l.has:
		tell("hooks/bpf-license", report.Warning, p.Pos, fmt.Sprintf("the file of BPF program %s has no license; where none that it is linked with has one, the kernel does not load it", p.Name),
			`write: char _license[] SEC("license") = "GPL"`)
	}
}
