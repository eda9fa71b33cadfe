// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// maxNames bounds how many names are followed from a count to its value, and how deep its brackets are: names may be set to each other.
const maxNames = 16

// worth works out a count of the elements of a list: figures, ARRAY_SIZE and sizeof of the list, what is made of them by + - * /, and
// names of these. A count of bytes is -1.
func worth(u *ctype.Unit, l *list, count []ctype.Token) (n int, ok bool) {
	name := l.decl.Name
	w := worker{toks: count, known: func(toks []ctype.Token) (quantity, int) { return l.operand(u, toks) }}
	if q, ok := w.all(); ok {
		if q.elements != 0 {
			return -1, true
		}
		return q.n, true
	}
	if strings.HasPrefix(strings.ReplaceAll(ctype.Text(count), " ", ""), "sizeof("+name+")") {
		return -1, true // a part of the bytes: no count of elements
	}
	return 0, false
}

// A quantity is a number, of sizes of an element where elements is 1, of none where it is 0.
type quantity struct{ n, elements int }

// operand reads the part of a count that speaks of a list, at the begin of toks, and returns how many tokens that are; 0 for
// none.
func (l *list) operand(u *ctype.Unit, toks []ctype.Token) (q quantity, taken int) {
	isArray := l.decl.Type.Class == ctype.Array
	switch {
	case toks[0].Is("ARRAY_SIZE") && len(toks) > 3 && isArray:
		inner, rest := ctype.Group(toks[1:])
		if bare(inner) == l.decl.Name {
			return quantity{n: l.size()}, len(toks) - len(rest)
		}
	case toks[0].Is("sizeof") && len(toks) > 1:
		inner, rest := sized(toks[1:])
		switch bare(inner) {
		case l.decl.Name:
			return quantity{l.size(), 1}, len(toks) - len(rest)
		case l.decl.Name + "[0]", "*" + l.decl.Name, "structsecurity_hook_list":
			return quantity{1, 1}, len(toks) - len(rest)
		}
	case toks[0].Kind == ctype.Ident:
		if value := assigned(u, toks[:1]); value != nil {
			l.depth++
			defer func() { l.depth-- }()
			if l.depth > maxNames {
				return quantity{}, 0
			}
			w := worker{toks: value, known: func(toks []ctype.Token) (quantity, int) { return l.operand(u, toks) }}
			if q, ok := w.all(); ok {
				return q, 1
			}
		}
	}
	return quantity{}, 0
}

// sized cuts the operand of sizeof off: what stands in brackets, or the word behind it with its star.
func sized(toks []ctype.Token) (operand, rest []ctype.Token) {
	if toks[0].Is("(") {
		inner, rest := ctype.Group(toks)
		if inner != nil && (len(rest) == 0 || !rest[0].Is("[")) {
			return inner, rest
		}
	}
	n := 1
	if toks[0].Is("*") && len(toks) > 1 {
		n = 2
	}
	if len(toks) > n+2 && toks[n].Is("[") && toks[n+2].Is("]") {
		n += 3
	}
	return toks[:n], toks[n:]
}

// bare is the text of an operand without blanks and brackets.
func bare(toks []ctype.Token) string {
	return strings.NewReplacer(" ", "", "(", "", ")", "").Replace(ctype.Text(toks))
}

// A worker works out sums and products of integers. known reads what else it may be made of: it returns how many tokens that
// took, 0 where it is nothing that it knows.
type worker struct {
	toks  []ctype.Token
	known func(toks []ctype.Token) (q quantity, taken int)
	depth int
}

// all works out everything.
func (w *worker) all() (quantity, bool) {
	if len(w.toks) == 0 {
		return quantity{}, false
	}
	q, ok := w.sum()
	return q, ok && len(w.toks) == 0
}

func (w *worker) next(signs ...string) string {
	for _, sign := range signs {
		if len(w.toks) > 0 && w.toks[0].Is(sign) {
			w.toks = w.toks[1:]
			return sign
		}
	}
	return ""
}

func (w *worker) sum() (quantity, bool) {
	q, ok := w.product()
	for ok {
		sign := w.next("+", "-")
		if sign == "" {
			break
		}
		var r quantity
		if r, ok = w.product(); r.elements != q.elements {
			return q, false
		}
		if sign == "-" {
			r.n = -r.n
		}
		q.n += r.n
	}
	return q, ok
}

func (w *worker) product() (quantity, bool) {
	q, ok := w.one()
	for ok {
		sign := w.next("*", "/")
		if sign == "" {
			break
		}
		var r quantity
		r, ok = w.one()
		switch {
		case !ok:
		case sign == "*":
			q = quantity{q.n * r.n, q.elements + r.elements}
		case r.n == 0:
			return q, false
		default:
			q = quantity{q.n / r.n, q.elements - r.elements}
		}
	}
	return q, ok
}

// casts are the types that a count is cast to without a change of its value.
var casts = map[string]bool{"int": true, "unsignedint": true, "size_t": true, "long": true, "unsignedlong": true, "unsigned": true, "u32": true, "u64": true}

func (w *worker) one() (quantity, bool) {
	if w.depth++; w.depth > maxNames || len(w.toks) == 0 {
		return quantity{}, false
	}
	defer func() { w.depth-- }()
	if w.toks[0].Is("(") {
		inner, rest := ctype.Group(w.toks)
		if inner == nil {
			return quantity{}, false
		}
		w.toks = rest
		if casts[bare(inner)] {
			return w.one()
		}
		part := worker{toks: inner, known: w.known, depth: w.depth}
		return part.all()
	}
	if w.toks[0].Kind == ctype.Number {
		n, err := strconv.ParseInt(strings.TrimRight(w.toks[0].Text, "uUlL"), 0, 32)
		w.toks = w.toks[1:]
		return quantity{n: int(n)}, err == nil
	}
	q, taken := w.known(w.toks)
	if taken == 0 {
		return quantity{}, false
	}
	w.toks = w.toks[taken:]
	return q, true
}
