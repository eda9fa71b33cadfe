// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"path"
	"slices"
	"strings"
)

// A rule is one line of a kernel Makefile that adds to a list: obj-$(CONFIG_X) += a.o b/.
type rule struct {
	list   string // "obj", or the NAME of NAME-y and NAME-objs
	config string // the X of -$(CONFIG_X), or "" for -y, -objs, -m
	items  []string
}

// makefileRules reads the lists of a kernel Makefile.
func makefileRules(data []byte) []rule {
	var rules []rule
	text := strings.ReplaceAll(string(data), "\\\n", " ")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		left, right, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "\t") {
			continue
		}
		left = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(left), "+:?"))
		i := strings.LastIndex(left, "-")
		if i <= 0 {
			continue
		}
		r := rule{list: left[:i], items: strings.Fields(right)}
		switch suffix := left[i+1:]; {
		case suffix == "y" || suffix == "objs" || suffix == "m":
		case strings.HasPrefix(suffix, "$(CONFIG_"):
			r.config = strings.TrimSuffix(strings.TrimPrefix(suffix, "$(CONFIG_"), ")")
		default:
			continue
		}
		rules = append(rules, r)
	}
	return rules
}

// gates returns the CONFIG symbols that decide whether a source file is built, from the file
// outwards. Missing is the Makefile that should name it and does not, with what it lacks, or "".
func (s *source) gates(file string) (configs []string, missing, item string) {
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

func (s *source) makefile(dir string) (string, []rule) {
	for _, name := range []string{"Kbuild", "Makefile"} {
		name = path.Join(dir, name)
		if data := s.read(name); data != nil {
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
		var own []string
		if r.config != "" {
			own = []string{r.config}
		}
		if r.list == "obj" || r.list == "lib" || r.list == "subdir" {
			return own, true
		}
		if outer, ok := gatesOf(rules, r.list+".o", depth+1); depth < 8 && ok && r.list+".o" != item {
			return append(own, outer...), true
		}
	}
	return nil, false
}
