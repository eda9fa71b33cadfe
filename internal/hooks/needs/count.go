// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

// countPath is where a tree counts its LSMs, since Linux 6.12.
const countPath = "include/linux/lsm_count.h"

// counted returns the CONFIG symbols that the text of lsm_count.h adds to MAX_LSM_COUNT, and the
// names of its macros for them; nil where it does not define that.
func counted(data []byte) map[string]string {
	toks, _ := ctype.Lex(countPath, data)
	macros := map[string]string{} // of macro to symbol
	bodies := map[string]string{} // of all other macros
	var conds []string
	for _, t := range toks {
		if t.Kind != ctype.Directive {
			continue
		}
		word, rest := scan.CutWord(t.Text)
		switch word {
		case "if", "ifdef", "ifndef":
			conds = append(conds, rest)
		case "else", "elif":
			if len(conds) > 0 {
				conds[len(conds)-1] = ""
			}
		case "endif":
			if len(conds) > 0 {
				conds = conds[:len(conds)-1]
			}
		case "define":
			words := strings.Fields(strings.ReplaceAll(rest, "\\\n", " "))
			if len(words) == 0 {
				continue
			}
			name, _, _ := strings.Cut(words[0], "(") // of a macro with arguments, what it adds of its own
			body := strings.Join(words[1:], " ")
			if body == "1," && len(conds) > 0 {
				for _, symbol := range ctype.ConfigsIn(conds[len(conds)-1]) {
					macros[name] = symbol
				}
			} else if body != "" && body != "0" {
				bodies[name] = body
			}
		}
	}
	if bodies["MAX_LSM_COUNT"] == "" {
		return nil
	}
	found := map[string]string{}
	seen := map[string]bool{}
	for queue := []string{"MAX_LSM_COUNT"}; len(queue) > 0; queue = queue[1:] {
		for _, name := range identifiers(bodies[queue[0]]) {
			if symbol := macros[name]; symbol != "" {
				found[symbol] = name
			}
			if !seen[name] {
				seen[name] = true
				queue = append(queue, name)
			}
		}
	}
	return found
}

func identifiers(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// counts checks that each LSM of the series is built, and counted where the tree counts.
func (c *needs) counts(lsms []lsm) {
	known := counted(c.Src.Read(countPath))
	for _, lsm := range lsms {
		built := c.Src.Gates(lsm.pos.File)
		switch {
		case built.Makefile != "":
			c.notBuilt(lsm.pos, built.Makefile, built.Item)
		case built.Unread != "":
			c.Add("hooks/wiring-unread", lsm.pos, fmt.Sprintf("whether %s is built depends on `%s`, which is not worked out", lsm.pos.File, built.Unread),
				"see that a configuration builds it: lsmpatch build")
		}
		c.dependencies(&lsm, built.Configs)
		if known == nil {
			continue
		}
		gates := append(slices.Clip(built.Configs), ctype.ConfigsIn(lsm.cond)...)
		isCounted := slices.ContainsFunc(gates, func(g string) bool { return known[g] != "" })
		if isCounted || built.Makefile != "" && len(gates) == 0 {
			continue
		}
		c.notCounted(lsm, gates)
	}
}

func (c *needs) notBuilt(pos ctype.Pos, makefile, item string) {
	c.Add("hooks/not-built", pos, fmt.Sprintf("%s is never built: nothing in %s leads to %s", pos.File, makefile, item),
		fmt.Sprintf("add to %s: obj-$(CONFIG_…) += %s", makefile, item))
}

func (c *needs) notCounted(lsm lsm, gates []string) {
	symbol, macro := "", strings.ToUpper(lsm.name)+"_ENABLED"
	if len(gates) > 0 {
		symbol = "CONFIG_" + gates[0]
	}
	message := fmt.Sprintf("%s does not count the LSM %s", countPath, lsm.name)
	if symbol != "" {
		message += fmt.Sprintf(" (%s)", symbol)
	} else {
		symbol = "CONFIG_…"
	}
	message += ", so the kernel drops it at boot where no other LSM leaves it room"
	f := c.Add("hooks/not-counted", lsm.pos, message,
		fmt.Sprintf("define %s in %s by %s, and add it to MAX_LSM_COUNT", macro, countPath, symbol))
	f.Detail = fmt.Sprintf("#if IS_ENABLED(%s)\n#define %s 1,\n#else\n#define %s\n#endif", symbol, macro, macro)
}
