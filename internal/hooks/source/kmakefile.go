// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

// A rule is one line of a kernel Makefile that adds to a list: obj-$(CONFIG_X) += a.o b/.
type rule struct {
	list string // "obj", or the NAME of NAME-y and NAME-objs
	// configs are the symbols that the line takes: the X of -$(CONFIG_X), none for -y, -objs and -m,
	// and those of the ifdef and ifeq lines around.
	configs []string
	items   []string
}

// makefileRules reads the lists of a kernel Makefile.
func makefileRules(data []byte) []rule {
	var rules []rule
	var around [][]string // the symbols of each condition
	text := strings.ReplaceAll(string(data), "\\\n", " ")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		switch word, rest := scan.CutWord(strings.TrimSpace(line)); word {
		case "ifdef", "ifeq", "ifneq":
			around = append(around, askedFor(word, rest))
			continue
		case "ifndef":
			around = append(around, nil)
			continue
		case "else":
			if len(around) > 0 {
				around[len(around)-1] = nil
			}
			continue
		case "endif":
			around = around[:max(0, len(around)-1)]
			continue
		}
		if r, ok := ruleOf(line); ok {
			r.configs = append(r.configs, slices.Concat(around...)...)
			rules = append(rules, r)
		}
	}
	return rules
}

// ruleOf reads one line that adds to a list.
func ruleOf(line string) (r rule, ok bool) {
	left, right, ok := strings.Cut(line, "=")
	if !ok || strings.HasPrefix(line, "\t") {
		return r, false
	}
	left = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(left), "+:?"))
	i := strings.LastIndex(left, "-")
	if i <= 0 {
		return r, false
	}
	r = rule{list: left[:i], items: strings.Fields(right)}
	switch suffix := left[i+1:]; {
	case suffix == "y" || suffix == "objs" || suffix == "m":
		return r, true
	case strings.HasPrefix(suffix, "$("):
		r.configs = ctype.ConfigsIn(suffix)
		return r, true
	}
	return r, false
}

// askedFor returns the symbols that must be set where a condition of make holds: ifdef CONFIG_X,
// ifeq ($(CONFIG_X),y), ifneq ($(CONFIG_X),).
func askedFor(word, rest string) []string {
	value, _, _ := strings.Cut(rest[strings.LastIndexAny(rest, ",")+1:], ")")
	switch value = strings.TrimSpace(value); {
	case word == "ifdef", word == "ifeq" && (value == "y" || value == "m"), word == "ifneq" && (value == "" || value == "n"):
		return ctype.ConfigsIn(rest)
	}
	return nil
}

// Gates returns the CONFIG symbols that decide whether a source file is built, from the file
// outwards. Missing is the Makefile that should name it and does not, with what it lacks, or "".
func (s *Source) Gates(file string) (configs []string, missing, item string) {
	dir := path.Dir(file)
	base := path.Base(file)
	want := strings.TrimSuffix(base, path.Ext(base)) + ".o"
	for dir != "." {
		makefile, rules := s.makefile(dir)
		found, ok := gatesOf(rules, want, 0)
		if !ok {
			return configs, makefile, want
		}
		configs = append(configs, found...)
		if _, top := s.makefile("."); path.Dir(dir) == "." && len(top) == 0 {
			break // a fragment of a tree
		}
		want = path.Base(dir) + "/"
		dir = path.Dir(dir)
	}
	return configs, "", ""
}

func (s *Source) makefile(dir string) (string, []rule) {
	for _, name := range []string{"Kbuild", "Makefile"} {
		name = path.Join(dir, name)
		if data := s.Read(name); data != nil {
			return name, makefileRules(data)
		}
	}
	return path.Join(dir, "Makefile"), nil
}

// gatesOf returns the symbols that decide whether item, an object or a subdirectory, is built.
func gatesOf(rules []rule, item string, depth int) ([]string, bool) {
	for _, r := range rules {
		if !slices.Contains(r.items, item) {
			continue
		}
		own := slices.Clone(r.configs)
		if r.list == "obj" || r.list == "lib" || r.list == "subdir" {
			return own, true
		}
		if outer, ok := gatesOf(rules, r.list+".o", depth+1); depth < 8 && ok && r.list+".o" != item {
			return append(own, outer...), true
		}
	}
	return nil, false
}
