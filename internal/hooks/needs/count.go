// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// countPath is where a tree counts its LSMs, since Linux 6.12.
const countPath = "include/linux/lsm_count.h"

// counted returns for the CONFIG symbols that the text of lsm_count.h adds to MAX_LSM_COUNT how many LSMs each
// counts; nil where it does not define that.
func counted(data []byte) map[string]int {
	toks, _ := ctype.Lex(countPath, data)
	macros := map[string]string{} // of macro to symbol
	lsms := map[string]int{}      // that a macro counts
	bodies := map[string]string{} // of all other macros
	var conds []string
	for _, t := range toks {
		if t.Kind != ctype.Directive {
			continue
		}
		word, rest := scan.CutWord(t.Text)
		switch word {
		case "if":
			conds = append(conds, rest)
		case "ifdef":
			conds = append(conds, "defined("+rest+")")
		case "ifndef":
			conds = append(conds, "!defined("+rest+")")
		case "else", "elif":
			if len(conds) > 0 {
				conds[len(conds)-1] = "!(" + conds[len(conds)-1] + ")"
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
			if isOnes(body) && len(conds) > 0 {
				for _, symbol := range ctype.ConfigsIn(conds[len(conds)-1]) {
					if ctype.ConfigFacts(map[string]string{symbol: "y"}, "CONFIG_"+symbol).Holds(conds[len(conds)-1]) != ctype.False {
						macros[name], lsms[name] = symbol, strings.Count(body, "1")
					}
				}
			} else if body != "" && body != "0" {
				bodies[name] = body
			}
		}
	}
	if bodies["MAX_LSM_COUNT"] == "" {
		return nil
	}
	found := map[string]int{}
	seen := map[string]bool{}
	for queue := []string{"MAX_LSM_COUNT"}; len(queue) > 0; queue = queue[1:] {
		for _, name := range identifiers(bodies[queue[0]]) {
			if symbol := macros[name]; symbol != "" {
				found[symbol] += lsms[name]
			}
			if !seen[name] {
				seen[name] = true
				queue = append(queue, name)
			}
		}
	}
	return found
}

// isOnes reports whether a macro adds to the arguments that are counted: "1,", for one LSM.
func isOnes(body string) bool {
	return strings.HasSuffix(body, ",") && strings.Trim(body, "1, ") == ""
}

func identifiers(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// counts checks that each LSM of the series is built, and counted where the tree counts.
func (c *needs) counts(lsms []lsm) {
	known, before := counted(c.Src.Read(countPath)), counted(c.Src.ReadBefore(countPath))
	left := maps.Clone(known)
	named := map[string]bool{} // one that is there in two forms is one
	for _, lsm := range lsms {
		built := c.Src.Gates(lsm.pos.File)
		if !c.notBuilt(lsm.pos, &built) && built.Unread != "" {
			c.Add("hooks/wiring-unread", lsm.pos, fmt.Sprintf("whether %s is built depends on `%s`, which is not worked out", lsm.pos.File, built.Unread),
				"see that a configuration builds it: lsmpatch build")
		}
		c.undefinedGates(&lsm, built.Configs)
		c.dependencies(&lsm, built.Configs)
		if known == nil {
			continue
		}
		gates := append(slices.Clip(built.Configs), ctype.ConfigsIn(lsm.cond)...)
		isCounted := slices.ContainsFunc(gates, func(g string) bool {
			if known[g] == 0 || before[g] > 0 || named[lsm.name] {
				return known[g] > 0
			}
			left[g]-- // all that the symbol counts are of the series
			return left[g] >= 0
		})
		named[lsm.name] = true
		if isCounted || (built.Makefile != "" || built.Unread != "") && len(gates) == 0 {
			continue
		}
		c.notCounted(lsm, gates, known)
	}
}

// partsBuilt checks that the files are built which define the functions of the hooks.
func (c *needs) partsBuilt() {
	done := map[string]bool{}
	for _, name := range c.Src.LSMFiles(".c") {
		for i := range c.Regs[name] {
			for _, d := range c.Definitions(&c.Regs[name][i]) {
				file := d.Pos.File
				if done[file] || file == name || !c.Src.IsNew(file) || path.Ext(file) != ".c" {
					continue
				}
				done[file] = true
				told := func(f report.Finding) bool {
					return f.Check == "hooks/not-built" && topFolder(f.File) == topFolder(file)
				}
				if built := c.Src.Gates(file); !slices.ContainsFunc(c.Findings, told) {
					c.notBuilt(d.Pos, &built)
				}
			}
		}
	}
}

// notBuilt tells of a file that is no part of the kernel, and reports whether it is none.
func (c *needs) notBuilt(pos ctype.Pos, built *source.Built) bool {
	switch {
	case built.Makefile != "":
		c.Add("hooks/not-built", pos, fmt.Sprintf("%s is never built: nothing in %s leads to %s", pos.File, built.Makefile, built.Item),
			fmt.Sprintf("add to %s: obj-$(CONFIG_…) += %s", built.Makefile, built.Item))
	case built.Loose:
		c.Add("hooks/not-built", pos, fmt.Sprintf("%s is compiled, but is no part of the kernel: no list of objects to be linked leads to it", pos.File),
			"name it, and the folders that it is in, in obj-$(CONFIG_…)")
	default:
		return false
	}
	return true
}

// undefinedGates tells of a new LSM whose own makefile, or one above it, builds it by a symbol that neither its own Kconfig file nor
// another of security/ defines: the name is misspelled, and it is never built.
func (c *needs) undefinedGates(l *lsm, gates []string) {
	dir := path.Dir(l.pos.File)
	own := path.Join(dir, "Kconfig")
	if !strings.HasPrefix(dir, "security/") || !c.Src.IsNew(own) || len(c.Src.Kconfig(own).Symbols) == 0 {
		return
	}
	makefiles := ""
	for at := dir; at != "."; at = path.Dir(at) {
		makefiles += c.Src.Text(path.Join(at, "Makefile"))
	}
	for _, gate := range gates {
		if c.Src.Symbol(dir, gate) == nil && c.Src.Symbol("security", gate) == nil && strings.Contains(makefiles, "CONFIG_"+gate+")") {
			c.Add("hooks/not-built", l.pos, fmt.Sprintf("%s is never built: no Kconfig file of security/ defines %s", l.pos.File, gate),
				fmt.Sprintf("build it by %s", c.Src.Kconfig(own).Symbols[0].Name))
		}
	}
}

// notCounted tells of an LSM that is dropped. The symbol that builds it may be known, as that of others.
func (c *needs) notCounted(lsm lsm, gates []string, known map[string]int) {
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
	if len(gates) > 0 && known[gates[0]] > 0 {
		c.Add("hooks/not-counted", lsm.pos, message,
			fmt.Sprintf("its symbol counts %s; write a \"1,\" for each in its macro in %s", report.Plural(known[gates[0]], "LSM"), countPath))
		return
	}
	f := c.Add("hooks/not-counted", lsm.pos, message,
		fmt.Sprintf("define %s in %s by %s, and add it to MAX_LSM_COUNT", macro, countPath, symbol))
	f.Detail = fmt.Sprintf("#if IS_ENABLED(%s)\n#define %s 1,\n#else\n#define %s\n#endif", symbol, macro, macro)
}

// tooMany tells of a tree that counts more LSMs than its macro can: the count is a wrong number then, without a word.
func (c *needs) tooMany() {
	_, touched := c.Src.PatchOf[countPath]
	n := 0
	for _, lsms := range counted(c.Src.Read(countPath)) {
		n += lsms
	}
	limit := countLimit(c.Src.Read("include/linux/args.h"))
	if !touched || n <= limit || limit == 0 || !bytes.Contains(c.Src.Read(countPath), []byte("COUNT_ARGS")) {
		return
	}
	c.Add("hooks/too-many-lsms", ctype.Pos{File: countPath, Line: lineOf(c.Src.Read(countPath), "#define MAX_LSM_COUNT")},
		fmt.Sprintf("%s counts %d LSMs, but COUNT_ARGS() of include/linux/args.h counts to %d: MAX_LSM_COUNT is no number, or a wrong one", countPath, n, limit),
		"let COUNT_ARGS() count further, in a patch before, with a static_assert on what it counts to")
}

// openCount tells of a MAX_LSM_COUNT that ends before its brackets do: a line of it lacks its backslash.
func (c *needs) openCount() {
	if _, touched := c.Src.PatchOf[countPath]; !touched {
		return
	}
	toks, _ := ctype.Lex(countPath, c.Src.Read(countPath))
	for _, t := range toks {
		if t.Kind != ctype.Directive || !strings.HasPrefix(t.Text, "define MAX_LSM_COUNT") || strings.Count(t.Text, "(") <= strings.Count(t.Text, ")") {
			continue
		}
		lines := strings.Split(strings.TrimRight(t.Text, "\n"), "\n")
		c.Add("hooks/not-counted", ctype.Pos{File: countPath, Line: t.Pos().Line + len(lines) - 1},
			"MAX_LSM_COUNT ends here with its brackets open: the lines below are no part of it, and do not compile", "end the line with a backslash")
	}
}

// countLimit returns to how many COUNT_ARGS counts, or 0 where that is not found: the first number behind its arguments.
func countLimit(args []byte) int {
	_, rest, found := bytes.Cut(args, []byte("#define COUNT_ARGS("))
	if !found {
		return 0
	}
	_, rest, _ = bytes.Cut(rest, []byte("##"))
	for _, word := range strings.FieldsFunc(string(rest), func(r rune) bool { return r == ',' || r == ' ' || r == '\\' || r == '\n' || r == '\t' }) {
		if n, err := strconv.Atoi(word); err == nil {
			return n
		}
	}
	return 0
}

// lineOf returns the line of the first occurrence of a text, or 1.
func lineOf(data []byte, text string) int {
	before, _, _ := bytes.Cut(data, []byte(text))
	if len(before) == len(data) {
		return 1
	}
	return 1 + bytes.Count(before, []byte("\n"))
}
