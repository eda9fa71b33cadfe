// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// callingFolders are those in which nearly all callers of the framework are, and which are read in a second. arch/ and drivers/
// have a few more, among fifteen times as much.
var callingFolders = [...]string{"block", "fs", "include/net", "init", "io_uring", "ipc", "kernel", "lib", "mm", "net", "rust", "security"}

// callersElsewhere checks the calls of wrappers whose type the series changes in the files that it does not touch, and those of wrappers
// that it removes in all, once for all of them, and tells where nobody looked.
func (l *looker) callersElsewhere() {
	if len(l.retyped) == 0 && len(l.removed) == 0 {
		return
	}
	for _, file := range slices.Concat(l.Src.TouchedWith(".c"), l.Src.TouchedWith(".h")) {
		for _, r := range l.removed {
			if bytes.Contains(l.Src.Read(file), []byte(r.fn.Name)) {
				r.calledIn(l.Src.Unit(file))
			}
		}
	}
	where, left := "in the files of the series alone", ""
	if !tree.IsPartial(l.Src.Tree) { // else each file would be fetched
		for _, folder := range callingFolders {
			l.callersBelow(folder)
		}
		where = fmt.Sprintf("in the files of the series and below %s/ alone", strings.Join(callingFolders[:], "/, "))
		left = " -- arch crypto drivers sound virt"
	}
	l.stillCalled()
	for _, r := range l.retyped {
		l.Add("hooks/not-compared", r.fn.Pos, fmt.Sprintf("%s is `%s` now, and was `%s`; its callers were looked at %s", r.fn.Name, r.fn.Type, r.old, where),
			"see that all who call it compile: git grep -w "+r.fn.Name+left)
	}
}

// A retyped wrapper takes or returns something else than before the series.
type retyped struct {
	fn  *ctype.Decl
	old *ctype.Type
	// isSure says that the header declares it as it is defined: else nobody knows what its callers are to give.
	isSure bool
}

// mayCall reports whether a file is C, or a header, whose inline functions call as well.
func mayCall(name string) bool { return path.Ext(name) == ".c" || path.Ext(name) == ".h" }

// callersBelow is callersElsewhere for a folder. What cannot be read calls nothing. Files are read and let go, since they are many.
func (l *looker) callersBelow(folder string) {
	_ = fs.WalkDir(l.Src.Tree, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !mayCall(name) || l.touchedBySeries(name) {
			return nil
		}
		data, err := tree.ReadShared(l.Src.Tree, name)
		if err != nil || !bytes.Contains(data, []byte("security_")) {
			return nil
		}
		unit := sync.OnceValue(func() *ctype.Unit { return ctype.ParseUnit(name, data, nil) })
		for _, r := range l.removed {
			if bytes.Contains(data, []byte(r.fn.Name)) {
				r.calledIn(unit())
			}
		}
		for _, r := range l.retyped {
			if !r.isSure || !bytes.Contains(data, []byte(r.fn.Name)) {
				continue
			}
			u := unit()
			for _, from := range u.Decls {
				for _, c := range ctype.Calls(from.Body, r.fn.Name) {
					l.calledWith(r.fn, from, &c)
				}
			}
		}
		return nil
	})
}
