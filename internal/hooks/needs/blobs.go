// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// blobs checks that security blobs that are used have a size, and that the sizes reach the
// framework.
func (c *needs) blobs() {
	sizes := map[string]*initializer{} // by the name of the variable
	var decls []*ctype.Decl
	users := 0
	for i := range c.inits {
		if c.inits[i].tag == "lsm_info" {
			users++
		}
	}
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		for _, d := range u.Decls {
			if d.Type.Class != ctype.Struct || d.Type.Name != "lsm_blob_sizes" || d.Storage == "extern" {
				continue
			}
			if d.Init == nil && !c.handedOver(d.Name) {
				continue // the framework's own sum of all sizes
			}
			i := initializer{tag: d.Type.Name, pos: d.Pos, open: true}
			if len(d.Init) > 1 {
				i.fields = c.filledIn(d.Type.Name, d.Init[1:len(d.Init)-1])
			}
			sizes[d.Name] = &i
			decls = append(decls, d)
		}
	}
	for _, d := range decls {
		if users > 0 && !c.handedOver(d.Name) {
			c.Add("hooks/blob-sizes-unused", d.Pos,
				fmt.Sprintf("no struct lsm_info names %s as its blobs, so the framework reserves no room", d.Name),
				fmt.Sprintf("add .blobs = &%s to the descriptor", d.Name))
		}
	}
	for _, name := range c.Src.LSMFiles(".c", ".h") {
		c.blobUses(c.Src.Unit(name), sizes)
	}
}

func (c *needs) handedOver(variable string) bool {
	for _, i := range c.inits {
		if f := i.field("blobs"); f != nil && strings.Trim(f.value, "&() ") == variable {
			return true
		}
	}
	return false
}

// blobUses tells of offsets that are read out of sizes that were never declared.
func (c *needs) blobUses(u *ctype.Unit, sizes map[string]*initializer) {
	seen := map[string]bool{}
	toks := u.Tokens
	for i := 0; i+2 < len(toks); i++ {
		member := &toks[i+2]
		if toks[i].Kind != ctype.Ident || !toks[i+1].Is(".") || !strings.HasPrefix(member.Text, "lbs_") || seen[member.Text] {
			continue
		}
		s := sizes[toks[i].Text]
		if s == nil || s.field(member.Text) != nil || i+3 < len(toks) && toks[i+3].Is("=") {
			continue
		}
		seen[member.Text] = true
		c.Add("hooks/blob-size-missing", member.Pos(),
			fmt.Sprintf("%s.%s is used, but %s declares no size for it", toks[i].Text, member.Text, s.pos.String()),
			fmt.Sprintf("in %s add .%s = sizeof(…)", s.pos.String(), member.Text))
	}
}
