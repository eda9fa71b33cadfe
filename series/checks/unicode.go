// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// maxUnicode bounds the findings of one rule about one patch.
const maxUnicode = 20

var unicodeRules = []*check.Check{
	{
		ID: "series/bidi-control", Severity: report.Error, Run: rule(checkBidi),
		What: "code or text holds a character that turns the direction of writing",
		Why:  "the compiler reads another program than the reviewer sees (CVE-2021-42574)",
	},
	{
		ID: "series/invisible-character", Severity: report.Warning, Run: rule(checkInvisible),
		What: "code or text holds a control character or one without width",
		Why:  "two names that look the same differ, or a terminal obeys what it should show",
	},
	{
		ID: "series/look-alike", Severity: report.Warning, Run: rule(checkLookAlike),
		What: "a word mixes Latin letters with letters of another script that look Latin",
		Why:  "two names that look the same differ (CVE-2021-42694)",
	},
}

// eachAdded calls visit with each line that the patches add, its file and its line number there.
func (x *exam) eachAdded(visit func(p *patchset.Patch, file string, line int, text string)) {
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			for _, frag := range f.TextFragments {
				line := int(frag.NewPosition)
				for _, l := range frag.Lines {
					if l.New() {
						if !l.Old() {
							visit(p, patchset.Path(f), line, strings.TrimSuffix(l.Line, "\n"))
						}
						line++
					}
				}
			}
		}
	}
}

// eachText calls visit with each line of the messages, then with each added line. In messages file
// is "".
func (x *exam) eachText(visit func(patch int, file string, line int, text string)) {
	if x.set.Cover != nil {
		for line := range strings.SplitSeq(x.set.Cover.Subject+"\n"+x.set.Cover.Body, "\n") {
			visit(0, "", 0, line)
		}
	}
	for _, p := range x.set.Patches {
		for line := range strings.SplitSeq(p.Message, "\n") {
			visit(p.Index, "", 0, line)
		}
	}
	x.eachAdded(func(p *patchset.Patch, file string, line int, text string) {
		visit(p.Index, file, line, text)
	})
}

// tellCharacters tells of each line in which find finds something, at most maxUnicode in a patch.
func (x *exam) tellCharacters(tell func(report.Finding), find func(file, text string) string) {
	told := map[int]int{}
	x.eachText(func(patch int, file string, line int, text string) {
		if isASCIIPrintable(text) || told[patch] >= maxUnicode {
			return
		}
		if message := find(file, text); message != "" {
			told[patch]++
			if file == "" {
				message = "the message " + message
			} else {
				message = "the line " + message
			}
			tell(report.Finding{Patch: patch, File: file, Line: line, Message: message,
				Detail: fmt.Sprintf("%+q", cutText(text, 200))})
		}
	})
}

func isASCIIPrintable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// cutText shortens s to at most n bytes, at a character's end.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func checkBidi(x *exam, tell func(report.Finding)) {
	x.tellCharacters(tell, func(_, text string) string {
		for _, r := range text {
			if unicode.Is(unicode.Bidi_Control, r) {
				return fmt.Sprintf("holds %U, which turns the direction of writing", r)
			}
		}
		return ""
	})
}

// isInvisible takes in code all that a reader cannot see; in running text the joiners are part of
// some scripts' spelling.
func isInvisible(r rune, code bool) bool {
	switch {
	case r == '\t' || r == '\f' || r == '\r' || unicode.Is(unicode.Bidi_Control, r):
		return false // the last are checkBidi's
	case unicode.IsControl(r):
		return true
	case unicode.In(r, unicode.Join_Control, unicode.Variation_Selector):
		return code // in text they are in use for emoji as well
	case r == '\u00ad', unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

func checkInvisible(x *exam, tell func(report.Finding)) {
	x.tellCharacters(tell, func(file, text string) string {
		for _, r := range text {
			if isInvisible(r, isCode(file)) {
				return fmt.Sprintf("holds the invisible character %U", r)
			}
		}
		return ""
	})
}

// lookAlikes are letters that most fonts draw like the Latin letter that follows each.
const lookAlikes = "аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwАAВBЕEКKМMНHОOРPСCТTХXІIЈJЅSҮYԌG" +
	"οoνvΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX" +
	"օoոnսuհhցgզq" + "ⅼlⅰiⅴvⅹxⅽcⅾdⅿm"

// latinOf returns the Latin letter that r looks like, or 0.
func latinOf(r rune) rune {
	switch {
	case r < 0x80:
		return 0
	case 'Ａ' <= r && r <= 'ｚ':
		return r - 'Ａ' + 'A'
	case 0x1d400 <= r && r <= 0x1d7ff: // mathematical letters
		return '?'
	}
	if i := strings.IndexRune(lookAlikes, r); i >= 0 {
		return rune(lookAlikes[i+utf8.RuneLen(r)])
	}
	return 0
}

// codePunctuation are characters that look like ASCII punctuation, with what they look like.
const codePunctuation = "\u037e;\uff1b;\u01c3!\uff01!\u2024.\ua789:\uff08(\uff09)\uff0c,\u2217*\u2215/\u2044/"

func checkLookAlike(x *exam, tell func(report.Finding)) {
	x.tellCharacters(tell, func(file, text string) string {
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && r != '_' }) {
			latin, other := false, rune(0)
			for _, r := range word {
				latin = latin || r < 0x80 && r != '_'
				if latinOf(r) != 0 {
					other = r
				}
			}
			if latin && other != 0 {
				return fmt.Sprintf("has the word %q, in which %U looks like %q", word, other, latinOf(other))
			}
		}
		if !isCode(file) {
			return ""
		}
		for _, r := range text {
			if i := strings.IndexRune(codePunctuation, r); r >= 0x80 && i >= 0 {
				return fmt.Sprintf("holds %U, which looks like %q", r, codePunctuation[i+utf8.RuneLen(r)])
			}
		}
		return ""
	})
}

// isCode reports whether a compiler reads the file.
func isCode(file string) bool {
	switch path.Ext(file) {
	case ".c", ".h", ".rs", ".S":
		return true
	}
	return false
}
