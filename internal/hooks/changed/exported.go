// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var reExport = lazyregexp.New(`(?m)^\s*EXPORT_SYMBOL\w*\(\s*(\w+)`)

// isExported reports whether security.c exports a function to modules.
func isExported(text []byte, name string) bool {
	return slices.ContainsFunc(reExport.FindAllSubmatch(text, -1), func(m [][]byte) bool { return string(m[1]) == name })
}

// exported tells of a wrapper that a file of the series calls which can be a part of a module, where security.c does not export it. What was so before
// the series is not its doing.
func (l *looker) exported(fn *ctype.Decl) {
	if fn.Storage == "static" || isExported(l.Src.Read(defs.SecurityPath), fn.Name) {
		return
	}
	wasExported := isExported(l.Src.ReadBefore(defs.SecurityPath), fn.Name)
	for _, file := range l.Src.TouchedWith(".c") {
		if strings.HasPrefix(file, "security/") || !bytes.Contains(l.Src.Read(file), []byte(fn.Name)) || !wasExported && !l.Src.IsNew(file) && l.callsBefore(file, fn.Name) {
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
