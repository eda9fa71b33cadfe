// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var reExport = lazyregexp.New(`(?m)^\s*EXPORT_SYMBOL\w*\(\s*(\w+)`)

// exportsOf returns the functions that a text of security.c exports to modules.
func exportsOf(text []byte) map[string]bool {
	found := map[string]bool{}
	for _, m := range reExport.FindAllSubmatch(text, -1) {
		found[string(m[1])] = true
	}
	return found
}

// exported tells of a wrapper that a file of the series calls which can be a part of a module, where security.c does not export it. What was so before
// the series is not its doing.
func (l *looker) exported(fn *ctype.Decl) {
	if l.exports == nil {
		l.exports, l.oldExports = exportsOf(l.Src.Read(defs.SecurityPath)), exportsOf(l.Src.ReadBefore(defs.SecurityPath))
	}
	if fn.Storage == "static" || l.exports[fn.Name] {
		return
	}
	for _, file := range l.Src.TouchedWith(".c") {
		if strings.HasPrefix(file, "security/") || !bytes.Contains(l.Src.Read(file), []byte(fn.Name)) || !l.oldExports[fn.Name] && !l.Src.IsNew(file) && l.callsBefore(file, fn.Name) {
			continue
		}
		for _, d := range l.Src.Unit(file).Decls {
			calls := ctype.Calls(d.Body, fn.Name)
			if len(calls) == 0 {
				continue
			}
			if what := l.moduleOf(file); what != "" {
				l.Add("hooks/not-exported", calls[0].Name.Pos(), fmt.Sprintf("%s is called in %s, which can be a module (%s), but %s does not export it (%s)", fn.Name, file, what, defs.SecurityPath, fn.Pos),
					fmt.Sprintf("write behind it: EXPORT_SYMBOL_GPL(%s);", fn.Name))
			}
			break
		}
	}
}

// moduleOf returns by what a file can be a part of a module, or "".
func (l *looker) moduleOf(file string) string {
	built := l.Src.Gates(file)
	if built.Module {
		return "obj-m"
	}
	for _, name := range built.Configs {
		if sym := l.Src.Symbol(file, name); sym != nil && sym.Tristate {
			return "CONFIG_" + name
		}
	}
	return ""
}
