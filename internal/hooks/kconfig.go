// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

// A symbol is a config entry of a Kconfig file.
type symbol struct {
	name string
	pos  ctype.Pos
	// depends are the expressions of "depends on", and those of the "if" blocks around.
	depends []string
	selects []kselect
	// help is the help text, defaults the default lines.
	help     string
	defaults []string
}

type kselect struct {
	name string
	cond string // behind "if"
	pos  ctype.Pos
}

// kconfig is a Kconfig file, taken apart.
type kconfig struct {
	symbols []*symbol
	sources []ksource
}

type ksource struct {
	file string
	ifs  []string
}

// parseKconfig reads the entries of a Kconfig file.
func parseKconfig(file string, data []byte) *kconfig {
	k := &kconfig{}
	var cur *symbol
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
			cur = &symbol{name: rest, pos: pos, depends: slices.Clone(ifs)}
			k.symbols = append(k.symbols, cur)
			continue
		case "source", "rsource", "osource":
			k.sources = append(k.sources, ksource{strings.Trim(rest, `"`), slices.Clone(ifs)})
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
				cur.selects = append(cur.selects, kselect{name, strings.TrimSpace(strings.TrimPrefix(cond, "if")), pos})
			}
		case "default", "def_bool", "def_string":
			cur.defaults = append(cur.defaults, rest)
		case "help", "---help---":
			help = 0
		case "source", "menu", "endmenu", "choice", "endchoice", "if", "endif", "comment":
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

func (s *source) kconfig(file string) *kconfig {
	k := s.kconfigs[file]
	if k == nil {
		k = parseKconfig(file, s.read(file))
		s.kconfigs[file] = k
	}
	return k
}

// symbol finds the entry of a CONFIG symbol in the Kconfig files of dir and the folders above.
func (s *source) symbol(dir, name string) *symbol {
	for ; ; dir = path.Dir(dir) {
		for _, sym := range s.kconfig(path.Join(dir, "Kconfig")).symbols {
			if sym.name == name {
				return sym
			}
		}
		if dir == "." || dir == "/" {
			return nil
		}
	}
}

// implied returns the symbols that are set wherever those of start are: what they select, and
// what they depend on by "&&", as far as the Kconfig files of dir and above say. What is selected need
// not have what it depends on.
func (s *source) implied(dir string, start []string) []string {
	found := slices.Clone(start)
	selected := map[string]bool{}
	for i := 0; i < len(found) && len(found) < 256; i++ {
		sym := s.symbol(dir, found[i])
		if sym == nil {
			continue
		}
		if !selected[sym.name] {
			for _, expr := range sym.depends {
				found = appendNew(found, conjuncts(expr)...)
			}
		}
		for _, sel := range sym.selects {
			missing := func(name string) bool { return !slices.Contains(found, name) }
			if slices.Contains(found, sel.name) || slices.ContainsFunc(conjuncts(sel.cond), missing) {
				continue
			}
			selected[sel.name] = true
			found = append(found, sel.name)
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

// conjuncts returns the symbols that must be set for expr to hold.
func conjuncts(expr string) []string {
	if strings.Contains(expr, "||") {
		return nil
	}
	var names []string
	for term := range strings.SplitSeq(expr, "&&") {
		term = strings.Trim(strings.TrimSpace(term), "()")
		if name, value, ok := strings.Cut(term, "="); ok && (strings.HasSuffix(name, "!") || strings.TrimSpace(value) != "y") {
			continue
		} else if ok {
			term = name
		}
		if term = strings.TrimSpace(term); term != "" && !strings.HasPrefix(term, "!") {
			names = append(names, term)
		}
	}
	return names
}

// sourcedFrom returns the Kconfig file that sources file, with the conditions around, or "".
func (s *source) sourcedFrom(file string) (string, []string) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		parent := path.Join(dir, "Kconfig")
		for _, src := range s.kconfig(parent).sources {
			if src.file == file && parent != file {
				return parent, src.ifs
			}
		}
		if dir == "." || dir == "/" {
			return "", nil
		}
	}
}
