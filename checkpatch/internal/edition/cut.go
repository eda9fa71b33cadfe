// SPDX-License-Identifier: GPL-2.0-only

package edition

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A piece is a part of the script's text that counts as one: a statement of the sub that goes through the lines, with all
// that is in it, or a definition outside of it.
type piece struct {
	text string // without comments, indent, and what messages say
	// types are those that it may report.
	types []string
	// sets are the variables, without their sign, that it changes.
	sets []string
	uses map[string]bool // all words in it
}

// A text is a script, cut into pieces. Perl cannot be parsed without running it, but the script is indented well, and a cut
// at a wrong place makes no harm: it is the same in all scripts that have the place.
type text struct {
	units []*piece
	// defs are the pieces outside of the sub, by each name that they define or change.
	defs map[string][]*piece
}

// cut cuts a script.
func cut(script string) *text {
	t := &text{defs: map[string][]*piece{}}
	var held []string
	inside := false
	flush := func() {
		if p := newPiece(held); p != nil && inside {
			t.units = append(t.units, p)
		} else if p != nil {
			for _, name := range p.sets {
				t.defs[name] = append(t.defs[name], p)
			}
		}
		held = held[:0]
	}
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, " \t\r\n")
		code := strings.TrimLeft(line, " \t")
		if code == "" || code[0] == '#' {
			continue
		}
		switch indent := line[:len(line)-len(code)]; {
		case inside && line == "}":
			flush()
			inside = false
			continue
		case strings.HasPrefix(line, "sub process "):
			flush()
			inside = true
			continue
		case inside && (indent == "\t" || indent == "\t\t") && !closes(code), !inside && indent == "" && !closes(code):
			flush()
		}
		held = append(held, code)
	}
	flush()
	return t
}

// closes reports whether a line goes on with what was before.
func closes(code string) bool {
	return strings.IndexByte("}).|&?:", code[0]) >= 0
}

var (
	messageText = lazyregexp.New(`((?:ERROR|WARN|CHK|&\{\$\w+\}|&\$\w+|\$\w+->)\(\s*["'][A-Z]\w+["'],\s*)"(?:[^"\\]|\\.)*"`)
	reportType  = lazyregexp.New(`(?:(?:ERROR|WARN|CHK|&\{\$\w+\}|&\$\w+|\$\w+->)\(|msg_type = )\s*["']([A-Z][A-Z0-9_]+)["']`)
	assigned    = lazyregexp.New(`[$@%](?:\{)?(\w+)(?:\[[^\]]*\]|\{[^}]*\})?\s*(?:[-+.|&*/]?=(?:[^=~>]|$)|\+\+|--|=~ (?:s|tr)\b)|(?:push|unshift)\(@(\w+)|^sub (\w+)`)
	anyWord     = lazyregexp.New(`[A-Za-z_]\w*`)
)

func newPiece(held []string) *piece {
	if len(held) == 0 {
		return nil
	}
	p := &piece{text: strings.Join(held, "\n"), uses: map[string]bool{}}
	p.text = messageText.ReplaceAllString(p.text, "${1}")
	for _, m := range reportType.FindAllStringSubmatch(p.text, -1) {
		p.types = append(p.types, m[1])
	}
	for _, m := range assigned.FindAllStringSubmatch(p.text, -1) {
		p.sets = append(p.sets, m[1]+m[2]+m[3])
	}
	for _, words := range [][]string{p.types, p.sets} {
		slices.Sort(words)
	}
	p.types, p.sets = slices.Compact(p.types), slices.Compact(p.sets)
	for _, w := range anyWord.FindAllString(p.text, -1) {
		p.uses[w] = true
	}
	return p
}

// skipped are definitions that no finding depends on, since they are about the script's own output and options, and those that
// [Read] or package lists take from the script as they are there.
var skipped = wordSet("ERROR WARN CHK report report_dump show_type help which which_conf uniq hash_save_array_words hash_show_words " +
	"prefix emacs terse quiet verbose color summary clean fixed fixed_inserted fixed_deleted fixlinenr fix fix_insert_line fix_delete_line " +
	"signature_tags standard_signature_tags link_tags link_tags_search link_tags_print deprecated_apis deprecated_apis_search " +
	"spelling_file misspellings spelling_fix conststructsfile const_structs typedefsfile codespell codespellfile V P D exit exitcode " +
	"here herecurr hereprev herectx vname linenr line rawline my our sub if else undef qr qw x xi DO_WHILE_0_ADVICE")

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// hash is short: it tells texts apart that nobody makes to be taken for each other.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// depends returns the texts of p and of all definitions that it uses, or that these use, in a fixed order, and the types
// that all of them report.
func (t *text) depends(p *piece) (texts, types []string) {
	seen := map[*piece]bool{p: true}
	queue := []*piece{p}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		texts, types = append(texts, next.text), append(types, next.types...)
		for name := range next.uses {
			if skipped[name] {
				continue
			}
			for _, d := range t.defs[name] {
				if !seen[d] {
					seen[d] = true
					queue = append(queue, d)
				}
			}
		}
	}
	slices.Sort(texts)
	slices.Sort(types)
	return texts, slices.Compact(types)
}

// signatures returns, by type, what stands for all of the script that decides on its findings, but for the flow of lines.
func (t *text) signatures() map[string]string {
	byType := map[string][]string{}
	for _, u := range t.units {
		texts, types := t.depends(u)
		sum := hash(texts...)
		for _, typ := range types {
			byType[typ] = append(byType[typ], sum)
		}
	}
	signatures := map[string]string{}
	for typ, sums := range byType {
		slices.Sort(sums)
		signatures[typ] = hash(sums...)
	}
	return signatures
}

// flow returns the units that report nothing, by their hash: they read the lines and keep what later ones ask for.
func (t *text) flow() map[string]*piece {
	flow := map[string]*piece{}
	for _, u := range t.units {
		if texts, types := t.depends(u); len(types) == 0 {
			flow[hash(texts...)] = u
		}
	}
	return flow
}

// asking returns the types that units report which use one of the variables.
func (t *text) asking(variables []string) []string {
	var types []string
	for _, u := range t.units {
		if len(u.types) > 0 && slices.ContainsFunc(variables, func(v string) bool { return u.uses[v] }) {
			types = append(types, u.types...)
		}
	}
	return types
}
