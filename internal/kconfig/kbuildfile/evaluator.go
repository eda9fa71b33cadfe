// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"io/fs"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// An evaluator runs one kbuild file with the files that it includes.
type evaluator struct {
	tree fs.FS
	vars map[string]*variable
	// around are the open conditions, the innermost last.
	around []branch
	// rules are the explicit rules: target, and what it is made of.
	rules []explicit
	// depth and steps bound what a file may cost; includes are the files that are being read.
	depth, steps int
	includes     []string
	read         func(name string) []byte
}

// A branch is one open condition of a kbuild file.
type branch struct {
	now   *logic.Cond // under which its lines count
	taken *logic.Cond // under which this branch or one before it was taken
}

type explicit struct {
	targets, sources string
	when             *logic.Cond
}

// newEvaluator returns an evaluator for the kbuild file of a folder.
func newEvaluator(tree fs.FS, read func(string) []byte, vars map[string]string) *evaluator {
	e := &evaluator{tree: tree, vars: map[string]*variable{}, read: read}
	for name, text := range vars {
		e.vars[name] = &variable{chunks: []chunk{{when: logic.Always, text: text}}}
	}
	// The word size is a variable of the architectures' makefiles, which not all of them set.
	e.vars["BITS"] = &variable{chunks: []chunk{{when: logic.Is("64BIT", ""), text: "64"}, {when: logic.Not(logic.Is("64BIT", "")), text: "32"}}}
	return e
}

// when returns the condition under which the present line counts.
func (e *evaluator) when() *logic.Cond {
	all := logic.Always
	for _, b := range e.around {
		all = logic.And(all, b.now)
	}
	return all
}

func (e *evaluator) open(c *logic.Cond) {
	e.around = append(e.around, branch{now: c, taken: c})
}

func (e *evaluator) close() {
	e.around = e.around[:max(0, len(e.around)-1)]
}

// run evaluates the lines of a text.
func (e *evaluator) run(text string) {
	depth := len(e.around)
	lines := logicalLines(text)
	recipe := false // the last rule's lines, which begin with a tab, may follow
	for i := 0; i < len(lines) && !e.tired(); i++ {
		if recipe && strings.HasPrefix(lines[i], "\t") {
			continue
		}
		line := strings.TrimSpace(uncomment(lines[i]))
		keyword, rest := cutWord(line)
		switch {
		case line == "":
		case keyword == "define":
			i = e.define(rest, lines, i+1)
		case e.condition(keyword, rest, depth):
		case keyword == "include" || keyword == "-include" || keyword == "sinclude":
			e.include(rest)
		default:
			recipe = e.statement(line)
		}
	}
	e.around = e.around[:min(depth, len(e.around))]
}

// cutWord splits the first word of a line off. "ifeq($(A),)" is none, as for make.
func cutWord(line string) (first, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimSpace(line[i:])
}

// define reads the lines of a definition up to its endef, and returns where that is.
func (e *evaluator) define(head string, lines []string, from int) int {
	name, _ := cutWord(head)
	nested := 0
	for i := from; i < len(lines); i++ {
		switch keyword, _ := cutWord(strings.TrimSpace(lines[i])); keyword {
		case "define":
			nested++
		case "endef":
			if nested == 0 {
				e.assign(name, "=", strings.Join(lines[from:i], "\n"))
				return i
			}
			nested--
		}
	}
	return len(lines)
}

// condition follows a line that opens, turns or closes a condition, and reports whether it was one.
func (e *evaluator) condition(keyword, rest string, depth int) bool {
	switch keyword {
	case "ifdef", "ifndef", "ifeq", "ifneq":
		if len(e.around) < maxDepth+depth {
			e.open(e.ask(keyword, rest))
		}
	case "else":
		if len(e.around) <= depth {
			break
		}
		b := &e.around[len(e.around)-1]
		now := logic.Always
		if next, more := cutWord(rest); next != "" {
			now = e.ask(next, more)
		}
		b.now = logic.And(logic.Not(b.taken), now)
		b.taken = logic.Or(b.taken, now)
	case "endif":
		if len(e.around) > depth {
			e.close()
		}
	default:
		return false
	}
	return true
}

// ask returns the condition of a line of make.
func (e *evaluator) ask(keyword, rest string) *logic.Cond {
	var c *logic.Cond
	switch keyword {
	case "ifdef", "ifndef":
		c = e.set("$(" + rest + ")")
	case "ifeq", "ifneq":
		a, b, ok := comparison(rest)
		if !ok {
			return logic.Unread(rest)
		}
		c = e.same(a, b)
	default:
		return logic.Unread(keyword + " " + rest)
	}
	if strings.HasPrefix(keyword, "ifn") {
		c = logic.Not(c)
	}
	return c
}

// comparison splits what follows ifeq: (a,b), "a" "b" or 'a' 'b'.
func comparison(s string) (a, b string, ok bool) {
	if strings.HasPrefix(s, "(") {
		end := closing(s)
		if end < 0 {
			return "", "", false
		}
		args := arguments(s[1:end], 2)
		return args[0], strings.Join(args[1:], ""), len(args) == 2
	}
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return "", "", false
	}
	quote := s[:1]
	fields := strings.Split(s, quote)
	return fields[1], strings.Join(fields[min(3, len(fields)-1):len(fields)-1], quote), len(fields) >= 5
}

// include evaluates the files that a line includes, those of scripts/ aside, which hold kbuild itself.
func (e *evaluator) include(rest string) {
	for _, w := range e.words(rest) {
		name := path.Clean(w.text)
		text := e.read(name)
		if text == nil || strings.HasPrefix(name, "scripts/") || len(e.includes) > 20 || w.when.Op == logic.False {
			continue
		}
		e.includes = append(e.includes, name)
		e.open(w.when)
		e.run(string(text))
		e.close()
		e.includes = e.includes[:len(e.includes)-1]
	}
}

// statement follows an assignment, a rule or a line that is only expanded, and reports whether a
// recipe may follow.
func (e *evaluator) statement(line string) (rule bool) {
	for _, prefix := range []string{"export ", "override ", "private "} {
		line = strings.TrimSpace(strings.TrimPrefix(line, prefix))
	}
	left, op, right := assignment(line)
	if name, ok := strings.CutPrefix(line, "undefine "); ok && op == "" {
		left, op = strings.TrimSpace(name), ":=" // to nothing, which is the same for lists
	}
	switch op {
	case "":
		e.words(line) // for the sake of eval
	case ":":
		if !strings.Contains(right, "=") {
			e.rules = append(e.rules, explicit{left, right, e.when()})
		}
		return true
	default:
		names := []value{{when: logic.Always, text: left}}
		if strings.Contains(left, "$") {
			names = e.values(left)
		}
		for _, name := range names {
			if name.asked {
				continue
			}
			e.open(name.when)
			e.assign(strings.TrimSpace(name.text), op, right)
			e.close()
		}
	}
	return false
}

// assign sets a variable, under the present condition.
func (e *evaluator) assign(name, op, text string) {
	when := e.when()
	if when.Op == logic.False || op == "!=" {
		return
	}
	v := e.vars[name]
	if v == nil {
		v = &variable{}
		e.vars[name] = v
	}
	c := chunk{when: when, text: text}
	if strings.HasPrefix(op, ":") || op == "+=" && v.simple {
		c.words, c.text, c.expanded = e.words(text), "", true
	}
	switch op {
	case "+=":
	case "?=":
		for _, old := range v.chunks {
			c.when = logic.And(c.when, logic.Not(old.when))
		}
	default:
		v.simple = c.expanded
		v.chunks = e.except(v.chunks, when)
	}
	if c.when.Op != logic.False {
		v.chunks = append(v.chunks, c)
	}
}

// except returns chunks as they stand where when does not hold.
func (e *evaluator) except(chunks []chunk, when *logic.Cond) []chunk {
	var out []chunk
	for _, c := range chunks {
		if c.when = logic.And(c.when, logic.Not(when)); c.when.Op != logic.False {
			out = append(out, c)
		}
	}
	return out
}
