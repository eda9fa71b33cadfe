// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

// A Symbol is a config entry of a Kconfig file.
type Symbol struct {
	Name string
	Pos  ctype.Pos
	// depends are the expressions of "depends on", and those of the "if" blocks around.
	depends []string
	Selects []Select
	// help is the help text, defaults the default lines.
	help     string
	Defaults []string
	// Tristate says that it can be a module.
	Tristate bool
}

// A Select is a symbol that another selects, and the condition of that.
type Select struct {
	Name string
	cond string // behind "if"
	Pos  ctype.Pos
}

// Kconfig is a Kconfig file, taken apart.
type kconfig struct {
	Symbols []*Symbol
	sources []ksource
}

type ksource struct {
	file string
	ifs  []string
}

// ParseKconfig reads the entries of a Kconfig file.
func ParseKconfig(file string, data []byte) *kconfig {
	k := &kconfig{}
	var cur *Symbol
	var ifs []string
	help := -1 // indent of the help text, 0 before its first line is seen, -1 outside
	for i, line := range joinedLines(string(data)) {
		if help >= 0 {
			indent := indentOf(line)
			if strings.TrimSpace(line) == "" || indent > 0 && (help == 0 || indent >= help) {
				if help == 0 && strings.TrimSpace(line) != "" {
					help = indent
				}
				cur.help += strings.TrimSpace(line) + "\n"
				continue
			}
			help = -1
		}
		word, rest := scan.CutWord(strings.TrimSpace(line))
		pos := ctype.Pos{File: file, Line: i + 1}
		switch word {
		case "config", "menuconfig":
			cur = &Symbol{Name: rest, Pos: pos, depends: slices.Clone(ifs)}
			k.Symbols = append(k.Symbols, cur)
			continue
		case "source", "rsource", "osource", "orsource":
			from := strings.Trim(rest, `"`)
			if strings.Contains(word, "rs") { // from the folder of the file
				from = path.Join(path.Dir(file), from)
			}
			k.sources = append(k.sources, ksource{from, slices.Clone(ifs)})
		case "if":
			ifs = append(ifs, rest)
		case "endif":
			ifs = ifs[:max(0, len(ifs)-1)]
		}
		if cur == nil {
			continue
		}
		switch word {
		case "depends":
			cur.depends = append(cur.depends, strings.TrimSpace(strings.TrimPrefix(rest, "on")))
		case "select", "imply":
			if name, cond := scan.CutWord(rest); word == "select" {
				cur.Selects = append(cur.Selects, Select{name, strings.TrimSpace(strings.TrimPrefix(cond, "if")), pos})
			}
		case "tristate", "def_tristate":
			cur.Tristate = true
		case "default", "def_bool", "def_string":
			cur.Defaults = append(cur.Defaults, rest)
		case "help", "---help---":
			help = 0
		case "source", "rsource", "osource", "orsource", "menu", "endmenu", "choice", "endchoice", "if", "endif", "comment":
			cur = nil
		}
	}
	return k
}

// joinedLines returns the lines of a text; those that a backslash joins stand in the place of the first.
func joinedLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := len(lines) - 2; i >= 0; i-- {
		if head, isJoined := strings.CutSuffix(lines[i], "\\"); isJoined {
			lines[i], lines[i+1] = head+" "+lines[i+1], ""
		}
	}
	return lines
}

func indentOf(line string) int {
	n := 0
	for _, r := range line {
		switch r {
		case ' ':
			n++
		case '\t':
			n += 8 - n%8
		default:
			return n
		}
	}
	return n
}

// Kconfig returns a Kconfig file of the tree after the series, taken apart; an empty one where there is none.
func (s *Source) Kconfig(file string) *kconfig {
	k := s.kconfigs[file]
	if k == nil {
		k = ParseKconfig(file, s.Read(file))
		s.kconfigs[file] = k
	}
	return k
}

// Symbol finds the entry of a CONFIG symbol in the Kconfig files of dir and the folders above.
func (s *Source) Symbol(dir, name string) *Symbol {
	for ; ; dir = path.Dir(dir) {
		for _, sym := range s.Kconfig(path.Join(dir, "Kconfig")).Symbols {
			if sym.Name == name {
				return sym
			}
		}
		if dir == "." || dir == "/" {
			return nil
		}
	}
}

// Implied returns the symbols that are set wherever those of start are: what they select, and
// what they depend on by "&&", as far as the Kconfig files of dir and above say. What is selected need
// not have what it depends on.
func (s *Source) Implied(dir string, start []string) []string {
	found := slices.Clone(start)
	selected := map[string]bool{}
	for i := 0; i < len(found) && len(found) < 256; i++ {
		sym := s.Symbol(dir, found[i])
		if sym == nil {
			continue
		}
		if !selected[sym.Name] {
			for _, expr := range sym.depends {
				found = appendNew(found, Conjuncts(expr)...)
			}
		}
		for _, sel := range sym.Selects {
			missing := func(name string) bool { return !slices.Contains(found, name) }
			if slices.Contains(found, sel.Name) || slices.ContainsFunc(Conjuncts(sel.cond), missing) {
				continue
			}
			selected[sel.Name] = true
			found = append(found, sel.Name)
		}
	}
	return found
}

func appendNew(list []string, names ...string) []string {
	for _, name := range names {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// maxExpr bounds how long an expression of Kconfig is that is read.
const maxExpr = 1 << 12

// Conjuncts returns the symbols that must be set for expr to hold.
func Conjuncts(expr string) []string {
	expr = strings.TrimSpace(expr)
	if len(expr) > maxExpr {
		return nil
	}
	if alternatives := splitOutside(expr, "||"); len(alternatives) > 1 {
		common := Conjuncts(alternatives[0])
		for _, other := range alternatives[1:] {
			names := Conjuncts(other)
			common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(names, name) })
		}
		return common
	}
	if terms := splitOutside(expr, "&&"); len(terms) > 1 {
		var names []string
		for _, term := range terms {
			names = append(names, Conjuncts(term)...)
		}
		return names
	}
	if inner, isGroup := strings.CutPrefix(expr, "("); isGroup {
		return Conjuncts(strings.TrimSuffix(inner, ")"))
	}
	name, value, compares := strings.Cut(expr, "=")
	name, unequal := strings.CutSuffix(strings.TrimSpace(name), "!")
	if name = strings.TrimSpace(name); name == "" || name[0] == '!' || compares && strings.TrimSpace(value) != map[bool]string{false: "y", true: "n"}[unequal] {
		return nil
	}
	return []string{name}
}

// splitOutside splits an expression at an operator that stands outside of all brackets.
func splitOutside(expr, op string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(expr); i++ {
		switch {
		case expr[i] == '(':
			depth++
		case expr[i] == ')':
			depth--
		case depth == 0 && strings.HasPrefix(expr[i:], op):
			parts, start = append(parts, expr[start:i]), i+len(op)
			i = start - 1
		}
	}
	return append(parts, expr[start:])
}

// SourcedFrom returns the Kconfig file that sources file, with the conditions around, or "".
func (s *Source) SourcedFrom(file string) (string, []string) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		parent := path.Join(dir, "Kconfig")
		for _, src := range s.Kconfig(parent).sources {
			if src.file == file && parent != file {
				return parent, src.ifs
			}
		}
		if dir == "." || dir == "/" {
			return "", nil
		}
	}
}
