// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// places are where a function of security.c stands; nil where it does not.
type places struct {
	definition, declaration, stub *ctype.Decl
}

func placesOf(name string, unit *ctype.Unit, header map[string][]*ctype.Decl) places {
	var p places
	for _, d := range unit.Find(name) {
		if d.Defined && d.Storage != "static" {
			p.definition = d
		}
	}
	for _, d := range header[name] {
		if d.Defined {
			p.stub = d
		} else {
			p.declaration = d
		}
	}
	return p
}

// A removed function of security.c is declared nowhere any more. Calls are those that are left.
type removed struct {
	fn    *ctype.Decl
	calls []ctype.Pos
}

// calledIn notes the calls in a unit that declares no function of that name itself.
func (r *removed) calledIn(u *ctype.Unit) {
	if len(u.Find(r.fn.Name)) > 0 {
		return
	}
	for _, from := range u.Decls {
		for _, c := range ctype.Calls(from.Body, r.fn.Name) {
			r.calls = append(r.calls, c.Name.Pos())
		}
	}
}

// stillCalled tells of the calls of removed functions.
func (l *looker) stillCalled() {
	for _, r := range l.removed {
		if len(r.calls) == 0 {
			continue
		}
		more := ""
		if n := len(r.calls) - 1; n > 0 {
			more = fmt.Sprintf(", as in %s", report.Plural(n, "other place"))
		}
		l.Add("hooks/no-declaration", r.calls[0], fmt.Sprintf("%s is called here%s, and nothing declares it any more; it was at %s", r.fn.Name, more, r.fn.Pos), "let its callers go as well, or call what takes its place")
	}
}

// leftBehind tells of a function of security.c that the series takes from one of its places, or renames there, and leaves in
// another: none of its callers compiles or links then.
func (l *looker) leftBehind() {
	others := sync.OnceValue(l.others)
	for _, old := range l.oldUnit.Decls {
		was := placesOf(old.Name, l.oldUnit, l.oldHeader)
		if was.definition != old || was.declaration == nil {
			continue
		}
		is := placesOf(old.Name, l.unit, l.header)
		switch {
		case is == places{}:
			if !l.isMacro(old.Name) && !others()[standing{".h", old.Name, false}] && !others()[standing{".h", old.Name, true}] {
				l.removed = append(l.removed, &removed{fn: old})
			}
		case is.definition == nil && is.declaration == nil && l.hasStubAlone(old.Name) && !others()[standing{".h", old.Name, true}]:
			l.Add("hooks/no-wrapper", is.stub.Pos, fmt.Sprintf("the stub of %s stands here, and %s defines it no more", old.Name, defs.SecurityPath), "remove the stub as well")
		case is.definition == nil && is.declaration != nil && !others()[standing{".c", old.Name, true}]:
			l.Add("hooks/no-wrapper", is.declaration.Pos, fmt.Sprintf("%s is declared here, and %s defines it no more", old.Name, defs.SecurityPath),
				"let both have one name; its callers have it too")
		case is.definition != nil && is.declaration == nil && !others()[standing{".h", old.Name, false}]:
			l.Add("hooks/no-declaration", is.definition.Pos, fmt.Sprintf("%s does not declare %s any more", HeaderPath, old.Name), fmt.Sprintf("keep there: %s;", is.definition.Type.Declare(old.Name)))
		case is.definition != nil && was.stub != nil && is.stub == nil && !l.isMacro(old.Name) && !others()[standing{".h", old.Name, true}]:
			l.Add("hooks/no-stub", is.definition.Pos, fmt.Sprintf("%s has no stub of %s any more for a kernel without LSMs, whose callers do not compile", HeaderPath, old.Name),
				fmt.Sprintf("keep it under #else of CONFIG_SECURITY: static inline %s", is.definition.Type.Declare(old.Name)))
		}
	}
}

// hasStubAlone reports whether all that security.h has of a function is for kernels without LSMs.
func (l *looker) hasStubAlone(name string) bool {
	return !l.isMacro(name) && !slices.ContainsFunc(l.header[name], func(d *ctype.Decl) bool {
		return (ctype.Facts{"CONFIG_SECURITY": "1"}).Holds(d.Cond) != ctype.False
	})
}

// standing is a function as files of one kind have it.
type standing struct {
	ext, name string
	defined   bool
}

// others returns what the files of the series beside security.c and security.h declare and define. What a macro of security.c makes a
// function of counts too.
func (l *looker) others() map[standing]bool {
	found := map[standing]bool{}
	for _, ext := range []string{".c", ".h"} {
		for _, file := range l.Src.TouchedWith(ext) {
			u := l.Src.Unit(file)
			if file == defs.SecurityPath || file == HeaderPath || u == nil {
				continue
			}
			for _, d := range u.Decls {
				found[standing{ext, d.Name, d.Defined}] = true
			}
		}
	}
	for _, use := range l.unit.Uses {
		for _, t := range slices.Concat(use.Args...) {
			if use.Body != nil {
				found[standing{".c", t.Text, true}] = true
			}
		}
	}
	return found
}

var reCall = lazyregexp.New(`\bcall_(?:int|void)_hook\((\w+)[,)]`)

// calledBeside reports whether another file of the series in security/ calls a hook, or a function of security.c that a macro makes.
func (l *looker) calledBeside(hook string) bool {
	if l.beside == nil {
		l.beside = map[string]bool{}
		for _, use := range l.unit.Uses {
			for _, t := range use.Body {
				l.beside[t.Text] = true
			}
		}
		for _, file := range l.Src.TouchedWith(".c") {
			if file != defs.SecurityPath && strings.HasPrefix(file, "security/") {
				for _, m := range reCall.FindAllStringSubmatch(l.Src.Text(file), -1) {
					l.beside[m[1]] = true
				}
			}
		}
	}
	return l.beside[hook]
}
