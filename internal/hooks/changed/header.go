// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
)

// declarations returns the functions that the text of security.h declares or defines, by name.
func declarations(text []byte) map[string][]*ctype.Decl {
	found := map[string][]*ctype.Decl{}
	for _, d := range ctype.ParseUnit(HeaderPath, text, nil).Decls {
		if d.Type.Class == ctype.Func && strings.HasPrefix(d.Name, "security_") {
			found[d.Name] = append(found[d.Name], d)
		}
	}
	return found
}

// declared checks the declaration and the stub of the wrapper that calls a hook.
func (l *looker) declared(h *defs.Hook, fn *ctype.Decl) {
	if !strings.HasPrefix(fn.Name, "security_") || l.Src.Read(HeaderPath) == nil {
		return
	}
	if fn.Storage == "static" {
		if seen := l.header[fn.Name]; len(seen) > 0 {
			l.Add("hooks/wrapper-type", fn.Pos, fmt.Sprintf("%s is static, but %s declares it (line %d)", fn.Name, HeaderPath, seen[0].Pos.Line), "leave static out: its callers are in other files")
		}
		return
	}
	var declaration, stub *ctype.Decl
	for _, d := range l.header[fn.Name] {
		if d.Defined {
			stub = d
		} else {
			declaration = d
		}
	}
	elsewhere := declaration == nil && !l.added[h.Name]
	switch {
	case elsewhere: // another header declares it
		return
	case declaration == nil:
		l.Add("hooks/no-declaration", fn.Pos, fmt.Sprintf("%s does not declare %s", HeaderPath, fn.Name), fmt.Sprintf("add there: %s;", fn.Type.Declare(fn.Name)))
	default:
		l.sameType(h, declaration, fn, "declared")
		l.gate(h, "the declaration", declaration.Name, declaration.Pos, declaration.Cond)
	}
	switch {
	case stub != nil && stub.Storage != "static":
		l.Add("hooks/no-stub", stub.Pos, fmt.Sprintf("the stub of %s is not static, so each file that includes %s defines it, and a kernel without LSMs does not link", fn.Name, HeaderPath), "write static inline before it")
	case stub != nil:
		l.sameType(h, stub, fn, "a stub")
		l.stubAnswer(h, stub)
	case l.added[h.Name] && !l.isMacro(fn.Name):
		l.Add("hooks/no-stub", fn.Pos, fmt.Sprintf("%s has no stub of %s for a kernel without LSMs, whose callers do not compile", HeaderPath, fn.Name),
			fmt.Sprintf("add under #else of CONFIG_SECURITY: static inline %s", fn.Type.Declare(fn.Name))).
			Detail = fmt.Sprintf("static inline %s\n{\n%s}", fn.Type.Declare(fn.Name), stubBody(h, fn))
	}
}

// stubBody is what the stub of a wrapper does.
func stubBody(h *defs.Hook, fn *ctype.Decl) string {
	if fn.Type.Elem.IsVoid() {
		return ""
	}
	return "\treturn " + h.Default + ";\n"
}

// sameType checks what security.h has against the wrapper itself.
func (l *looker) sameType(h *defs.Hook, d, wrapper *ctype.Decl, as string) {
	if l.alike(wrapper.Type, d.Type) || l.differed(wrapper.Type, d) {
		return
	}
	l.Add("hooks/wrapper-type", d.Pos, fmt.Sprintf("%s is `%s` (%s), but %s here as `%s`", d.Name, wrapper.Type, wrapper.Pos, as, d.Type),
		fmt.Sprintf("write `%s`", wrapper.Type.Declare(wrapper.Name))).Detail = fmt.Sprintf("%s:%d: %s\n%s: %s", h.File, h.Line, h.Prototype(), wrapper.Pos, wrapper.Type.Declare(wrapper.Name))
}

func (l *looker) alike(a, b *ctype.Type) bool {
	return len(registered.CompareFuncs(a, b, l.Src.Headers)) == 0
}

// differed reports whether the wrapper and what security.h has of it had these types before the series, which is not to blame then.
func (l *looker) differed(wrapper *ctype.Type, d *ctype.Decl) bool {
	was := func(o *ctype.Decl) bool { return o.Defined == d.Defined && o.Type.String() == d.Type.String() }
	return slices.ContainsFunc(l.oldHeader[d.Name], was) && slices.ContainsFunc(l.oldUnit.Find(d.Name), func(o *ctype.Decl) bool {
		return o.Defined && o.Type.String() == wrapper.String()
	})
}

// isMacro reports whether security.h has a macro of a name, which can stand for a function as well.
func (l *looker) isMacro(name string) bool {
	return strings.Contains(l.Src.Text(HeaderPath), "#define "+name+"(")
}

// stubAnswer checks that a kernel without LSMs answers as one with LSMs that all say nothing. Where both differ before the
// series, that is meant.
func (l *looker) stubAnswer(h *defs.Hook, stub *ctype.Decl) {
	if h.Return == "void" || stub.Type.Elem.String() == "void" {
		return
	}
	answer, isPlain := answerOf(stub)
	if !slices.ContainsFunc(stub.Body, func(t ctype.Token) bool { return t.Is("return") }) {
		l.Add("hooks/stub-answer", stub.Pos, fmt.Sprintf("the stub of %s returns nothing, hook %s answers %s where no LSM does (%s:%d)", stub.Name, h.Name, h.Default, h.File, h.Line),
			fmt.Sprintf("write return %s;", h.Default))
		return
	}
	if h.Default == "LSM_RET_VOID" {
		return // which is told of
	}
	if !isPlain || !isNumber(h.Default) {
		if l.added[h.Name] {
			l.Add("hooks/not-compared", stub.Pos, fmt.Sprintf("what the stub of %s answers is not compared with %s, which hook %s answers where no LSM does (%s:%d)", stub.Name, h.Default, h.Name, h.File, h.Line),
				"see that both are the same")
		}
		return
	}
	if answer == h.Default || !l.added[h.Name] && !l.agreed(h, stub.Name) {
		return
	}
	l.Add("hooks/stub-answer", stub.Pos, fmt.Sprintf("the stub of %s answers %s, hook %s answers %s where no LSM does (%s:%d)", stub.Name, answer, h.Name, h.Default, h.File, h.Line),
		"let both answer the same")
}

// agreed reports whether the stub of a wrapper answered as the hook did, before the series.
func (l *looker) agreed(h *defs.Hook, stub string) bool {
	was := h.Default
	for _, c := range l.changes {
		if c.New == h && c.Old != nil || c.Old != nil && c.Old.Name == h.Name {
			was = c.Old.Default
		}
	}
	return slices.ContainsFunc(l.oldHeader[stub], func(d *ctype.Decl) bool {
		answer, isPlain := answerOf(d)
		return d.Defined && isPlain && answer == was
	})
}

// answerOf returns the number that a stub returns, and does nothing else.
func answerOf(stub *ctype.Decl) (answer string, isPlain bool) {
	if len(stub.Body) < 3 || !stub.Body[0].Is("return") {
		return "", false
	}
	answer = strings.ReplaceAll(ctype.Text(ctype.Unwrap(stub.Body[1:len(stub.Body)-1])), " ", "")
	return answer, isNumber(answer)
}

// isNumber reports whether an answer is a figure or an error's name, with or without its sign.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && (strings.Trim(s, "0123456789") == "" || s[0] == 'E' && strings.ToUpper(s) == s && !strings.ContainsAny(s, "()?:;"))
}
