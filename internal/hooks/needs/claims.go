// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// defaultClaims checks what the documents of the series say about the default of CONFIG_LSM.
func (c *needs) defaultClaims(lsms []lsm) {
	if len(lsms) == 0 {
		return
	}
	sym := c.Src.Symbol("security", "LSM")
	if sym == nil {
		return
	}
	for i := range lsms {
		if inDefaults(sym, lsms[i].name) {
			continue
		}
		if pos, ok := c.claim(lsms[i].name, len(lsms) == 1); ok {
			c.Add("hooks/not-in-default", pos,
				fmt.Sprintf("this says that %s is in the default of CONFIG_LSM, but %s does not name it", lsms[i].name, sym.Pos.String()),
				fmt.Sprintf("add %s to the default lines of config LSM, or say that it has to be named", lsms[i].name))
		}
	}
}

func inDefaults(sym *source.Symbol, name string) bool {
	for _, d := range sym.Defaults {
		list, _, _ := strings.Cut(strings.TrimPrefix(d, `"`), `"`)
		for entry := range strings.SplitSeq(list, ",") {
			if entry == name {
				return true
			}
		}
	}
	return false
}

// claim finds a paragraph of the documents or help texts of the series that says that name is
// in the default of CONFIG_LSM. Alone says that the series has no other LSM.
func (c *needs) claim(name string, alone bool) (ctype.Pos, bool) {
	for _, file := range c.Src.Touched {
		if !strings.HasSuffix(file, ".rst") && !strings.HasPrefix(path.Base(file), "Kconfig") {
			continue
		}
		if file == "security/Kconfig" {
			continue // it holds the lists themselves
		}
		lines := strings.Split(c.Src.Text(file), "\n")
		start := 0
		for i := 0; i <= len(lines); i++ {
			if i < len(lines) && strings.TrimSpace(lines[i]) != "" {
				continue
			}
			if claims(strings.Join(lines[start:i], " "), name, alone) {
				return ctype.Pos{File: file, Line: start + 1}, true
			}
			start = i + 1
		}
	}
	return ctype.Pos{}, false
}

// claims reports whether one sentence of the paragraph says so. Alone says that the series has
// no other LSM, which "it" and the like could mean.
func claims(paragraph, name string, alone bool) bool {
	for sentence := range strings.SplitSeq(strings.Join(strings.Fields(paragraph), " "), ". ") {
		low := strings.ToLower(sentence)
		if !strings.Contains(sentence, "CONFIG_LSM") || !strings.Contains(low, "default") {
			continue
		}
		if strings.Contains(low, "not ") || strings.Contains(low, "n't ") || strings.Contains(low, "unless") ||
			strings.Contains(low, "has to") || strings.Contains(low, "must") || strings.Contains(low, "should") {
			continue
		}
		pronoun := strings.Contains(low, "this lsm") || strings.Contains(low, "the sample") || strings.HasPrefix(low, "it ")
		if strings.Contains(sentence, name) || alone && pronoun {
			return true
		}
	}
	return false
}

// notInDefaults notes a new LSM that no default of CONFIG_LSM names, where nothing in the series says that it has to be
// named: it is built, and never starts.
func (c *needs) notInDefaults(lsms []lsm) {
	sym := c.Src.Symbol("security", "LSM")
	if sym == nil || len(sym.Defaults) == 0 {
		return
	}
	for i := range lsms {
		l := &lsms[i]
		if !c.Src.IsNew(l.pos.File) || l.name == "" || inDefaults(sym, l.name) || c.saysHowToStart() {
			continue
		}
		c.Add("hooks/lsm-not-started", l.pos, fmt.Sprintf("no default of CONFIG_LSM (%s) names %s, so it starts only where CONFIG_LSM or lsm= does", sym.Pos, l.name),
			"add it to the default lines of config LSM, or say in its help text that it has to be named")
	}
}

// saysHowToStart reports whether a document or a help text that the series brings speaks of CONFIG_LSM or of lsm=.
func (c *needs) saysHowToStart() bool {
	for _, file := range c.Src.Touched {
		isText := strings.HasSuffix(file, ".rst") && !strings.HasSuffix(file, "index.rst") ||
			strings.HasPrefix(path.Base(file), "Kconfig") && file != "security/Kconfig"
		if !isText {
			continue
		}
		if text := c.Src.Read(file); bytes.Contains(text, []byte("CONFIG_LSM")) || bytes.Contains(text, []byte("lsm=")) {
			return true
		}
	}
	return false
}
