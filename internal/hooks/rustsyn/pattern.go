// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

// A node is one piece of a rule of a macro, on either side of its "=>".
type node struct {
	kind nodeKind
	// tok is the token, the variable as written, or the opening bracket of a group whose closing one
	// is end.
	tok, end *Token
	// name and frag are those of $name:frag; a body has names alone.
	name, frag string
	// sub is inside a group or $(…); sep stands between its repetitions, and op is "*", "+" or "?".
	sub []node
	sep *Token // nil for none
	op  string
}

type nodeKind uint8

const (
	tokenNode nodeKind = iota
	varNode
	groupNode
	repeatNode
)

// parsePattern reads one side of a rule.
func parsePattern(toks []Token) []node { return patternOf(newCursor(toks)) }

func patternOf(c *cursor) []node {
	var nodes []node
	for c.more() && c.depth <= maxDepth {
		t := c.peek()
		switch {
		case t.Is("$") && c.i+1 < c.end && c.toks[c.i+1].Is("("):
			c.i++
			in, err := c.group()
			if err != nil {
				return nodes
			}
			n := node{kind: repeatNode, sub: patternOf(in)}
			if !isRepeat(c.peek()) || c.i+1 < c.end && isRepeat(&c.toks[c.i+1]) && c.is("?") {
				n.sep = c.peek()
				c.i++
			}
			n.op = c.peek().Text
			c.i++
			nodes = append(nodes, n)
		case c.closes[c.i] >= 0 && c.closes[c.i] < c.end:
			end := &c.toks[c.closes[c.i]]
			in, err := c.group()
			if err != nil {
				return nodes
			}
			nodes = append(nodes, node{kind: groupNode, tok: t, end: end, sub: patternOf(in)})
		case t.Kind == Ident && t.Text[0] == '$' && t.Text != "$crate":
			n := node{kind: varNode, tok: t, name: t.Text}
			c.i++
			if c.is(":") && c.i+1 < c.end && isFragment(c.toks[c.i+1].Text) {
				n.frag = c.toks[c.i+1].Text
				c.i += 2
			}
			nodes = append(nodes, n)
		default:
			nodes = append(nodes, node{tok: t})
			c.i++
		}
	}
	return nodes
}

func isRepeat(t *Token) bool { return t.Is("*") || t.Is("+") || t.Is("?") }

func isFragment(word string) bool {
	switch word {
	case "ident", "ty", "expr", "expr_2021", "literal", "tt", "path", "block", "stmt", "pat", "pat_param",
		"item", "meta", "vis", "lifetime":
		return true
	}
	return false
}

// variables returns the names in nodes.
func variables(nodes []node) []string {
	var names []string
	for i := range nodes {
		if nodes[i].kind == varNode {
			names = append(names, nodes[i].name)
		}
		names = append(names, variables(nodes[i].sub)...)
	}
	return names
}

// A capture is what a variable stands for: tokens, or captures where it is repeated.
type capture struct {
	toks     []Token
	repeated bool
	each     []*capture
}

// match reads what nodes ask for from c and binds their variables. Where it returns false, c may have
// moved.
func match(nodes []node, c *cursor, bound map[string]*capture) bool {
	for i := range nodes {
		n := &nodes[i]
		switch n.kind {
		case tokenNode:
			if t := c.peek(); !c.more() || t.Kind != n.tok.Kind || t.Text != n.tok.Text {
				return false
			}
			c.i++
		case groupNode:
			if !c.is(n.tok.Text) {
				return false
			}
			in, err := c.group()
			if err != nil || !match(n.sub, in, bound) || in.more() {
				return false
			}
		case varNode:
			start := c.i
			if !c.fragment(n.frag) {
				return false
			}
			bound[n.name] = &capture{toks: c.toks[start:c.i]}
		case repeatNode:
			if !matchRepeat(n, c, bound) {
				return false
			}
		}
	}
	return true
}

// matchRepeat matches as many repetitions as there are.
func matchRepeat(n *node, c *cursor, bound map[string]*capture) bool {
	for _, name := range variables(n.sub) {
		bound[name] = &capture{repeated: true}
	}
	times := 0
	for c.more() && (n.op != "?" || times == 0) {
		start := c.i
		if times > 0 && n.sep != nil && n.sep.Text != "" && !c.accept(n.sep.Text) {
			break
		}
		one := map[string]*capture{}
		at := c.i
		if !match(n.sub, c, one) || c.i == at {
			c.i = start
			break
		}
		for name, got := range one {
			bound[name].each = append(bound[name].each, got)
		}
		times++
	}
	return times > 0 || n.op != "+"
}

// fragment steps over one fragment of a kind and reports whether there is one. Where only a parser of
// expressions could tell, it goes to the next mark that may follow.
func (c *cursor) fragment(kind string) bool {
	start := c.i
	var err error
	switch kind {
	case "vis":
		if c.accept("pub") && c.is("(") {
			c.skipTree()
		}
		return true
	case "ident":
		c.acceptWord()
	case "lifetime":
		if c.peek().Kind == Lifetime {
			c.i++
		}
	case "literal":
		c.accept("-")
		if t := c.peek(); t.Kind != Literal && !t.Is("true") && !t.Is("false") {
			return false
		}
		c.i++
	case "tt":
		if c.more() {
			c.skipTree()
		}
	case "block":
		if c.is("{") {
			c.skipTree()
		}
	case "ty":
		_, err = c.typ()
	case "path", "meta":
		if _, err = c.path(); err == nil && kind == "meta" {
			c.until(",", ";", "]")
		}
	case "item":
		c.untilItemEnd()
	case "pat", "pat_param":
		c.until(",", "=>", "=", "if", "in")
	default: // expressions and statements
		c.until(",", "=>", ";")
	}
	return err == nil && c.i > start
}

// until goes to the next of the marks outside of brackets, or to the end.
func (c *cursor) until(marks ...string) {
	for c.more() {
		for _, m := range marks {
			if c.is(m) {
				return
			}
		}
		c.skipTree()
	}
}

func (c *cursor) untilItemEnd() {
	for c.more() {
		last := c.is(";") || c.is("{")
		c.skipTree()
		if last {
			return
		}
	}
}
