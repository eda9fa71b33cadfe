// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// halfMade returns why nobody may keep the object of a hook, or "".
func (c *Series) halfMade(h *defs.Hook) string {
	if set, where := c.btfSet(defs.UntrustedHooks); set[h.Name] {
		return fmt.Sprintf("hook %s is in %s (%s)", h.Name, defs.UntrustedHooks, where)
	}
	for _, part := range []string{"_alloc", "_alloc_security", "_alloc_blank"} {
		if strings.HasSuffix(h.Name, part) {
			return fmt.Sprintf("in hook %s it is only being made", h.Name)
		}
	}
	for _, part := range []string{"_free", "_free_security", "_free_security_rcu"} {
		if strings.HasSuffix(h.Name, part) {
			return fmt.Sprintf("in hook %s it is going away, and its count is 0", h.Name)
		}
	}
	if h.Name == "file_open" {
		return c.opening()
	}
	return ""
}

// openPath is where a file is opened.
const openPath = "fs/open.c"

// opening returns why nobody may keep the file of hook file_open: the tree asks the hook before it marks the file as
// open. Where the open fails then, by the word of this LSM, of another or of the file system, the file is taken apart
// under those who keep it: its count is right, and its path, inode and operations are gone. It returns "" where
// the tree has no such place.
func (c *Series) opening() string {
	text := c.Src.Read(openPath)
	asked := bytes.Index(text, []byte("security_file_open("))
	if asked < 0 {
		return ""
	}
	const mark = "|= FMODE_OPENED"
	marked := bytes.Index(text[asked:], []byte(mark))
	if marked < 0 {
		return ""
	}
	line := 1 + bytes.Count(text[:asked+marked], []byte("\n"))
	return fmt.Sprintf("in hook file_open it is only being opened (%s:%d), and taken apart where that fails", openPath, line)
}

// unfinishedCred returns why nobody may keep what parameter i of a trait method with n parameters gets, where the hook has
// credentials there that are not const: they are still changed, under no lock, until they are committed.
func unfinishedCred(h *defs.Hook, i, n int) string {
	if n != len(h.Type.Params) {
		return ""
	}
	t := h.Type.Params[i].Type
	if t.Class != ctype.Pointer || t.Elem.Class != ctype.Struct || t.Elem.Name != "cred" || t.Elem.Qual&ctype.Const != 0 {
		return ""
	}
	return fmt.Sprintf("hook %s gets `%s` before it is finished", h.Name, t.Declare(h.Type.Params[i].Name))
}
