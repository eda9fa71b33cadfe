// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
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
func (l *looker) declared(h *defs.Hook, c *call) {
	if !strings.HasPrefix(c.fn.Name, "security_") || l.Src.Read(HeaderPath) == nil {
		return
	}
	if c.fn.Storage == "static" {
		if seen := l.header[c.fn.Name]; len(seen) > 0 {
			l.Add("hooks/wrapper-type", c.fn.Pos, fmt.Sprintf("%s is static, but %s declares it (line %d)", c.fn.Name, HeaderPath, seen[0].Pos.Line), "leave static out: its callers are in other files")
		}
		return
	}
	var declaration, stub *ctype.Decl
	for _, d := range l.header[c.fn.Name] {
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
		l.Add("hooks/no-declaration", c.fn.Pos, fmt.Sprintf("%s does not declare %s", HeaderPath, c.fn.Name), fmt.Sprintf("add there: %s;", c.fn.Type.Declare(c.fn.Name)))
	default:
		l.sameType(h, declaration, c.fn, "declared")
		l.gate(h, "the declaration", declaration.Name, declaration.Pos, declaration.Cond)
	}
	switch {
	case stub != nil:
		l.sameType(h, stub, c.fn, "a stub")
		l.stubAnswer(h, stub)
	case l.added[h.Name]:
		l.Add("hooks/no-stub", c.fn.Pos, fmt.Sprintf("%s has no stub of %s for a kernel without LSMs, whose callers do not compile", HeaderPath, c.fn.Name),
			fmt.Sprintf("add under #else of CONFIG_SECURITY: static inline %s", c.fn.Type.Declare(c.fn.Name))).
			Detail = fmt.Sprintf("static inline %s\n{\n%s}", c.fn.Type.Declare(c.fn.Name), stubBody(h, c.fn))
	}
}

// stubBody is what the stub of a wrapper does.
func stubBody(h *defs.Hook, fn *ctype.Decl) string {
	if fn.Type.Elem.Class == ctype.Basic && fn.Type.Elem.Name == "void" {
		return ""
	}
	return "\treturn " + h.Default + ";\n"
}

// sameType checks what security.h has against the wrapper itself.
func (l *looker) sameType(h *defs.Hook, d, wrapper *ctype.Decl, as string) {
	if len(registered.CompareFuncs(wrapper.Type, d.Type, l.Src.Headers)) == 0 {
		return
	}
	l.Add("hooks/wrapper-type", d.Pos, fmt.Sprintf("%s is `%s` (%s), but %s here as `%s`", d.Name, wrapper.Type, wrapper.Pos, as, d.Type),
		fmt.Sprintf("write `%s`", wrapper.Type.Declare(wrapper.Name))).Detail = fmt.Sprintf("%s:%d: %s\n%s: %s", h.File, h.Line, h.Prototype(), wrapper.Pos, wrapper.Type.Declare(wrapper.Name))
}

// stubAnswer checks that a kernel without LSMs answers as one with LSMs that all say nothing.
func (l *looker) stubAnswer(h *defs.Hook, stub *ctype.Decl) {
	if h.Return == "void" || len(stub.Body) < 3 || !stub.Body[0].Is("return") {
		return
	}
	answer := strings.TrimSuffix(ctype.Text(stub.Body[1:]), ";")
	isNumber := func(s string) bool {
		s = strings.TrimPrefix(s, "-")
		return s != "" && (strings.Trim(s, "0123456789") == "" || s[0] == 'E' && strings.ToUpper(s) == s)
	}
	if isNumber(answer) && isNumber(h.Default) && answer != h.Default && l.added[h.Name] {
		l.Add("hooks/stub-answer", stub.Pos, fmt.Sprintf("the stub of %s answers %s, hook %s answers %s where no LSM does (%s:%d)", stub.Name, answer, h.Name, h.Default, h.File, h.Line),
			"let both answer the same")
	}
}
