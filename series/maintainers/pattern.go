// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// A pathPattern is the value of an F: or X: line. As in get_maintainer.pl it is a regular expression
// in which *, ** and ? have their meaning of a shell, anchored at the start only; where it does not
// end in a slash and has no **, it fits paths of as many slashes.
type pathPattern struct {
	source  string
	expr    string // the regular expression
	prefix  string // what each path that fits starts with
	literal bool   // the prefix is all
	slashes int
	depth   int
	name    *regexp.Regexp // of an N: line: fits anywhere in a path, and is all there is
}

var pathExpr = strings.NewReplacer(".", `\.`, "**", "(?:.*)", "*", ".*", "?", ".")

func newPathPattern(value string) pathPattern {
	p := pathPattern{source: value, expr: pathExpr.Replace(value), slashes: strings.Count(value, "/")}
	end := strings.IndexAny(value, `*?[](){}+|^$\`)
	p.literal = end < 0
	if p.literal {
		end = len(value)
	} else if end > 0 && (value[end] == '+' || value[end] == '{') {
		end-- // it speaks of the character before
	}
	if strings.Contains(value, "|") {
		end = 0
	}
	p.prefix = value[:end]
	p.depth = p.slashes
	if !strings.HasSuffix(value, "/") {
		p.depth++
	}
	if strings.HasPrefix(value, "*") {
		p.depth = -1
	}
	return p
}

// match reports whether file, which has that many slashes, fits. A directory fits what is below it
// without a slash at its end as well; the tree tells whether there is one.
func (p *pathPattern) match(file string, slashes int, tree fs.FS) bool {
	if p.name != nil {
		return p.name.MatchString(file)
	}
	if !strings.HasPrefix(file, p.prefix) {
		return false
	}
	if p.literal {
		if strings.HasSuffix(p.source, "/") {
			return true
		}
		// get_maintainer.pl asks for the directory by a name with "\." for each dot.
		if !strings.Contains(p.source, ".") && p.source != "" && isTreeDir(tree, p.source) {
			return strings.HasPrefix(file, p.source+"/")
		}
		return slashes == p.slashes
	}
	re, err := regexp.Compile("^" + p.expr)
	if err != nil || !re.MatchString(file) {
		return false
	}
	return strings.HasSuffix(p.source, "/") || slashes == p.slashes || strings.Contains(p.expr, "(?:")
}

func isTreeDir(tree fs.FS, name string) bool {
	if tree == nil {
		return false
	}
	info, err := fs.Stat(tree, name)
	return err == nil && info.IsDir()
}

// A keyPattern is the value of an N: or K: line: a regular expression of Perl with the flag x.
type keyPattern struct {
	source string
	// text fits anywhere in a line, changed in the added and deleted lines of a diff. They are
	// nil where the expression has what Go's has not.
	text, changed *regexp.Regexp
}

func (k *keyPattern) fits(intro, changes []string) bool {
	if k.text == nil || k.changed == nil {
		return false
	}
	return slices.ContainsFunc(intro, k.text.MatchString) || slices.ContainsFunc(changes, k.changed.MatchString)
}

// compileKey returns the expression behind prefix as get_maintainer.pl joins them: a | in it ends
// the prefix too. It is nil where it does not compile.
func compileKey(prefix, source string) *regexp.Regexp {
	re, err := regexp.Compile(prefix + plainExpr(source))
	if err != nil {
		return nil
	}
	return re
}

// plainExpr takes out what Perl's flag x allows: white space and comments outside of brackets.
func plainExpr(source string) string {
	var out strings.Builder
	inClass := false
	for i := 0; i < len(source); i++ {
		c := source[i]
		switch {
		case c == '\\' && i+1 < len(source):
			i++
			if source[i] != ' ' { // Go knows no "\ "
				out.WriteByte(c)
			}
			out.WriteByte(source[i])
			continue
		case inClass:
			inClass = c != ']'
		case c == '[':
			inClass = true
		case c == '#':
			return out.String()
		case c == ' ' || c == '\t':
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}
