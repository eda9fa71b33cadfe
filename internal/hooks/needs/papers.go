// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

const (
	lsmDocs     = "Documentation/admin-guide/LSM"
	maintainers = "MAINTAINERS"
	// idTest lists the LSMs that lsm_list_modules(2) may name.
	idTest = "tools/testing/selftests/lsm/lsm_list_modules_test.c"
)

// papers tells what else the rules for LSMs ask of a new one: a page, maintainers, the list of the
// selftest. None of it breaks a kernel.
func (c *needs) papers(lsms []lsm) {
	for i := range lsms {
		l := &lsms[i]
		if !c.Src.IsNew(l.pos.File) || !strings.HasPrefix(l.pos.File, "security/") {
			continue
		}
		c.page(l)
		c.maintained(l)
	}
	c.pages()
	c.testedIDs()
}

// lsmIndex names the pages on LSMs.
const lsmIndex = lsmDocs + "/index.rst"

// pages holds the pages that the series adds, and what it adds to the index, against each other: Sphinx warns of both.
func (c *needs) pages() {
	if c.Src.Read(lsmIndex) == nil {
		return
	}
	indexed, named := c.indexed(), map[string]bool{}
	for _, word := range strings.Fields(c.Src.Text(lsmIndex)) {
		named[word] = true
	}
	for _, file := range c.Src.Touched {
		name := strings.TrimSuffix(path.Base(file), ".rst")
		if path.Dir(file) == lsmDocs && path.Ext(file) == ".rst" && c.Src.IsNew(file) && file != lsmIndex && !named[name] {
			c.Add("hooks/no-lsm-page", ctype.Pos{File: file, Line: 1}, fmt.Sprintf("%s does not name %s", lsmIndex, file), "add "+name+" to its toctree")
		}
	}
	for line := range strings.Lines(string(c.Src.Added(lsmIndex))) {
		name := strings.TrimSpace(line)
		if file := lsmDocs + "/" + name + ".rst"; indexed[name] > 0 && c.Src.Read(file) == nil {
			c.Add("hooks/no-lsm-page", ctype.Pos{File: lsmIndex, Line: indexed[name]}, fmt.Sprintf("%s is named here, and there is no %s", name, file), "write the page, or take the line out")
		}
	}
}

// indexed returns the pages that the toctrees of the index name, with their lines.
func (c *needs) indexed() map[string]int {
	found := map[string]int{}
	inTree := false
	for i, line := range strings.Split(c.Src.Text(lsmIndex), "\n") {
		name := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, ".. toctree::"):
			inTree = true
		case name != "" && !strings.HasPrefix(line, " "):
			inTree = false
		case inTree && name != "" && !strings.ContainsAny(name, ":*<> /"):
			found[name] = i + 1
		}
	}
	return found
}

// page looks for the page of an LSM.
func (c *needs) page(l *lsm) {
	if c.Src.Read(lsmIndex) == nil {
		return
	}
	isPage := func(file string) bool {
		return strings.EqualFold(strings.TrimSuffix(path.Base(file), ".rst"), l.name)
	}
	if slices.ContainsFunc(c.Src.FilesIn(lsmDocs, ".rst"), func(file string) bool { return isPage(file) && !slices.Contains(c.Src.Touched, file) }) {
		return
	}
	var pages []string
	for _, file := range c.Src.Touched {
		if path.Dir(file) == lsmDocs && path.Ext(file) == ".rst" && file != lsmIndex {
			pages = append(pages, file)
		}
	}
	if len(pages) == 0 && slices.ContainsFunc(c.Src.Touched, func(file string) bool {
		return path.Ext(file) == ".rst" && file != lsmIndex && strings.Contains(c.Src.Text(file), l.name)
	}) {
		return // it is documented elsewhere, as a sample may be
	}
	if len(pages) == 0 {
		c.Add("hooks/no-lsm-page", l.pos, fmt.Sprintf("the series brings no page on the LSM %s to %s", l.name, lsmDocs),
			fmt.Sprintf("write %s/%s.rst, and name it in %s", lsmDocs, l.name, lsmIndex))
	}
}

// maintained looks for the folder of an LSM in MAINTAINERS: in what the series adds to it first, since all of it is a megabyte, to
// which the changes of the series may not be made.
func (c *needs) maintained(l *lsm) {
	added := c.Src.Added(maintainers)
	if names(added, l.pos.File) {
		return
	}
	text := c.Src.Read(maintainers)
	if text == nil && added == nil || names(text, l.pos.File) {
		return
	}
	c.Add("hooks/no-maintainer", l.pos, fmt.Sprintf("no entry of its own in %s names %s", maintainers, l.pos.File), "add an entry for the LSM, with F:\t"+path.Dir(l.pos.File)+"/")
}

// names reports whether an entry names a file, or a folder of it but security/.
func names(entries []byte, file string) bool {
	for dir := path.Dir(file); dir != "security" && dir != "."; dir = path.Dir(dir) {
		if bytes.Contains(entries, []byte("\nF:\t"+dir)) {
			return true
		}
	}
	return bytes.Contains(entries, []byte("\nF:\t"+file))
}

// testedIDs looks for the IDs that the series adds in the selftest, which fails on one that it does not know.
func (c *needs) testedIDs() {
	text := c.Src.Read(idTest)
	if _, touched := c.Src.PatchOf[uapiPath]; !touched || text == nil {
		return
	}
	old := map[string]bool{}
	for _, id := range lsmIDs(c.Src.ReadBefore(uapiPath)) {
		old[id.name] = true
	}
	for _, id := range lsmIDs(c.Src.Read(uapiPath)) {
		if !old[id.name] && len(old) > 0 && !bytes.Contains(text, []byte(id.name)) {
			c.Add("hooks/lsm-id-untested", id.pos, fmt.Sprintf("%s does not know %s, and fails where its LSM is active", idTest, id.name), "add a case for it there")
		}
	}
}
