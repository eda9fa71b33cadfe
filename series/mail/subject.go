// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// cleanSubject strips from a subject what git mailinfo strips: "Re:" and brackets at its
// start, and space around it. With keepNonPatch only brackets that say PATCH go.
func cleanSubject(subject string, keepNonPatch bool) string {
	var kept strings.Builder
	rest := subject
	for rest != "" {
		skip := 0
		switch c := rest[0]; {
		case c == 'r' || c == 'R':
			if len(rest) > 3 && (rest[1] == 'e' || rest[1] == 'E') && rest[2] == ':' {
				skip = 3
			}
		case c == ' ' || c == '\t' || c == ':':
			skip = 1
		case c == '[':
			size := strings.IndexByte(rest, ']') + 1
			if size == 0 {
				break
			}
			if !keepNonPatch || size >= 7 && strings.Contains(rest[:size], "PATCH") {
				skip = size
				break
			}
			if size < len(rest) && isGitSpace(rest[size]) {
				size++
			}
			kept.WriteString(rest[:size])
			rest = rest[size:]
			continue
		}
		if skip == 0 {
			break
		}
		rest = rest[skip:]
	}
	kept.WriteString(rest)
	return strings.Trim(kept.String(), GitSpace)
}

// A Subject is what the prefix of a subject says: "[RFC PATCH net-next v3 02/11] title".
type Subject struct {
	Reply    bool // starts with "Re:" or the like
	Patch    bool // a bracket says PATCH, or counts as "2/11"
	Pull     bool // a bracket says GIT PULL
	Numbered bool // index and total are there
	Index    int
	Total    int
	Version  int // 1 where the subject has none
	Words    []string
	Title    string
	Sets     bool // a bracket says PATCHSET: "[PATCHSET 2/5]" counts sets, and is the cover letter of one

	setIndex, setTotal int // what Sets counts

	open      bool // a bracket counts without a total: "[PATCH 2/n]"
	openIndex int
}

// Open returns the number in a subject that says no total, as "[PATCH 2/n]" does, whose sender did not know it yet.
func (s Subject) Open() (index int, ok bool) { return s.openIndex, s.open && !s.Numbered }

// OfTotal returns such a subject as one that counts to total.
func (s Subject) OfTotal(total int) Subject {
	s.Numbered, s.Index, s.Total = true, s.openIndex, total
	return s
}

// OfPatch returns s for a mail that has a diff, of which "[PATCHSET 2/5]" is the second patch of five.
func (s Subject) OfPatch() Subject {
	if s.setIndex > 0 {
		s.Numbered, s.Index, s.Total = true, s.setIndex, s.setTotal
	}
	return s
}

// replyWords are how mail programs of several languages start the subject of a reply.
var replyWords = [...]string{"re", "aw", "antw", "sv", "vs", "fw", "fwd", "wg", "回复", "答复"}

// ParseSubject takes a decoded subject apart.
func ParseSubject(subject string) Subject {
	info := Subject{Version: 1}
	rest := withoutMark(wideBrackets(strings.TrimSpace(subject)))
	for {
		if after, ok := cutReplyWord(rest); ok {
			// Behind "[PATCH 1/2]" it is a part of the title; a list's "[lsm]" stands before it.
			info.Reply = info.Reply || !info.Patch
			rest = strings.TrimSpace(after)
			continue
		}
		inner, after, ok := cutBracket(rest)
		if !ok {
			break
		}
		info.bracket(inner)
		rest = strings.TrimSpace(after)
	}
	if info.Sets && info.Index > 0 {
		info.setIndex, info.setTotal = info.Index, info.Total
		info.Numbered, info.Index, info.Total = false, 0, 0
	}
	switch {
	case !info.Patch && !info.Pull:
		rest = info.unbracketed(rest)
	case info.Patch && !info.Numbered && !info.Sets:
		rest = info.behind(rest)
	}
	info.Title = SqueezeSpace(rest)
	return info
}

// reMark is what filters, gateways and hands put before the bracket of a patch: "***SPAM*** ", "EXT: ", "(lsm) ", a second "Subject: ",
// a quotation mark, the number of a list.
var reMark = lazyregexp.New(`^(?:\*+[\w-]+\*+\s+|\([\w-]+\)\s+|<[\w-]+>\s+|\{[\w-]+\}\s+|(?:[A-Z]{2,10}|(?i:subject)):\s+|"|\d{1,4}\s*[.):]\s+)(\[[^\]]*PATCH)`)

// withoutMark returns a subject from its bracket on, where only a mark stands before it.
func withoutMark(subject string) string {
	if m := reMark.FindStringSubmatchIndex(subject); m != nil {
		if _, reply := cutReplyWord(subject); !reply {
			return subject[m[2]:]
		}
	}
	return subject
}

// reUnbracketed is a count whose bracket was forgotten, in part or whole, or is another: "PATCH v3 1/2: ", "PATCH v3 [1/2] ", "[PATCH 1/2 ",
// "(PATCH 1/2) ".
var reUnbracketed = lazyregexp.New(`^[\[({]?((?:RFC[ /-])?PATCH(?:[ _-]?[vV]\d{1,3})?(?: [\w.-]+){0,3}?\s+\[?\d{1,4}\s*/\s*\d{1,4})(?:[\])}:]+\s*|\s+)`)

// unbracketed reads such a count, and returns the title behind it. For git it is a part of the title.
func (info *Subject) unbracketed(rest string) string {
	m := reUnbracketed.FindStringSubmatchIndex(rest)
	if m == nil || m[1] == len(rest) {
		return rest
	}
	info.bracket(rest[m[2]:m[3]])
	return rest[m[1]:]
}

var (
	// reBehind is a count that stands behind the bracket: "[PATCH] 1/2: ", "[PATCH] 1/2 lsm: ". reAtEnd is one at the end of the title.
	reBehind = lazyregexp.New(`^(\d{1,3})/(\d{1,3})(?::\s*|\s+-\s+|\s+(?:\S+ )?\S+:\s)`)
	reAtEnd  = lazyregexp.New(`\s[(\[](\d{1,3})/(\d{1,3})[)\]]$`)
	reCount  = lazyregexp.New(`^\d+/\d+(?::|\s+-\s)?\s*`)
)

// behind reads such a count, and returns the title without it. For git it is a part of the title.
func (info *Subject) behind(title string) string {
	m := reBehind.FindStringSubmatch(title)
	rest := reCount.ReplaceAllString(title, "")
	if m == nil {
		if m = reAtEnd.FindStringSubmatch(title); m == nil {
			return title
		}
		rest = strings.TrimSuffix(title, m[0])
	}
	index, err1 := parseCount(m[1])
	total, err2 := parseCount(m[2])
	if err1 != nil || err2 != nil || index > total || total < 2 {
		return title
	}
	info.Numbered, info.Index, info.Total = true, index, total
	return rest
}

// wideBrackets gives a subject that begins with a bracket of East Asian typography one of ASCII.
func wideBrackets(subject string) string {
	if !strings.HasPrefix(subject, "［") && !strings.HasPrefix(subject, "【") {
		return subject
	}
	return strings.NewReplacer("［", "[", "］", "]", "【", "[", "】", "]").Replace(subject)
}

// narrow writes with ASCII what an input method or a word processor made of it: full-width characters, dashes, fractions, the sign for a number.
func narrow(inner string) string {
	if !strings.ContainsFunc(inner, func(r rune) bool { return r > unicode.MaxASCII }) {
		return inner
	}
	return strings.Map(func(r rune) rune {
		switch {
		case '！' <= r && r <= '～':
			return r - '！' + '!'
		case r == '⁄' || r == '∕':
			return '/'
		case '‐' <= r && r <= '—' || r == '−':
			return '-'
		case r == '№':
			return '#'
		}
		return r
	}, inner)
}

// cutBracket returns what stands in the bracket at the start of s, and what follows it. Brackets
// within count as space: "[PATCH [RFC] v3 1/2]". Where one is not closed, the first that closes
// ends it, as for git.
func cutBracket(s string) (inner, after string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return "", s, false
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			return strings.NewReplacer("[", " ", "]", " ").Replace(s[1:i]), s[i+1:], true
		}
	}
	inner, after, ok = strings.Cut(s[1:], "]")
	return inner, after, ok
}

func cutReplyWord(s string) (rest string, ok bool) {
	word, rest, ok := strings.Cut(s, ":")
	if !ok {
		return s, false
	}
	word, _, _ = strings.Cut(strings.TrimSpace(word), "[") // "Re[2]:"
	for _, w := range replyWords {
		if strings.EqualFold(word, w) {
			return rest, true
		}
	}
	return s, false
}

// bracket reads the words of one bracket. PATCH may stand joined to other words: "PATCH1/8",
// "PATCHv2", "RFC/PATCH", "PATCHSET".
func (info *Subject) bracket(inner string) {
	words := strings.FieldsFunc(joinCounters(narrow(inner)), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;(){}[]", r) })
	words = joinVersions(words)
	if ofRobot(words) {
		return
	}
	for i, w := range words {
		if EqualFold(w, "PULL") && (i == 0 || EqualFold(words[i-1], "GIT")) {
			info.Pull = true
		}
		info.word(w)
	}
}

// ofRobot reports whether a bracket is that of a report on a commit, "[linux-next:master 18/24]": it counts commits of a
// branch, and is no patch.
func ofRobot(words []string) bool {
	branch := false
	for _, w := range words {
		if strings.Contains(strings.ToUpper(w), "PATCH") || EqualFold(w, "RFC") {
			return false
		}
		name, rest, ok := strings.Cut(w, ":")
		branch = branch || ok && name != "" && rest != ""
	}
	return branch
}

// reSpacedCount is a count as Mercurial writes it, or a printf that pads: "1 of 2", "1-of-2", "1 / 2", "01/ 12".
var reSpacedCount = lazyregexp.New(`(^|[^\w.])(\d{1,6})(?:\s*/\s*|[\s-]*of[\s-]*)(\d{1,6})($|[^\w.])`)

// joinCounters makes "1/2" of such counts.
func joinCounters(inner string) string {
	if !strings.Contains(inner, " /") && !strings.Contains(inner, "/ ") && !strings.Contains(inner, "of") {
		return inner
	}
	return reSpacedCount.ReplaceAllString(inner, "$1$2/$3$4")
}

// joinVersions makes "v3" of "v 3", "ver 3" and "version 3".
func joinVersions(words []string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		if i+1 < len(words) && isVersionWord(words[i]) && isCount(words[i+1]) {
			out = append(out, "v"+words[i+1])
			i++
			continue
		}
		out = append(out, words[i])
	}
	return out
}

func isVersionWord(w string) bool {
	return EqualFold(w, "v") || EqualFold(w, "ver") || EqualFold(w, "version") || EqualFold(w, "rev") || EqualFold(w, "take") || EqualFold(w, "try")
}

func isCount(s string) bool {
	_, err := parseCount(s)
	return err == nil
}

func (info *Subject) word(w string) {
	if len(w) >= 5 && EqualFold(w[:5], "PATCH") {
		info.Patch = true
		w = strings.TrimLeft(w[5:], "-_:/")
		info.Sets = info.Sets || EqualFold(w, "SET")
		if EqualFold(w, "SET") || EqualFold(w, "SERIES") || EqualFold(w, "ES") {
			return
		}
	}
	if w == "" || info.counter(w) || info.versionWord(w) {
		return
	}
	if before, after, ok := strings.Cut(w, "/"); ok && len(after) >= 5 && EqualFold(after[:5], "PATCH") {
		info.word(before)
		info.word(after)
		return
	}
	info.Words = append(info.Words, w)
}

// reNumberSign is what stands before a number in several languages: "#1", "n°1", "no.1", "Nr.1".
var reNumberSign = lazyregexp.New(`^(?i:#|n[°º]|n[or]\.?)`)

// counter reads "2/11".
func (info *Subject) counter(w string) bool {
	if v, rest, ok := cutVersion(w); ok && strings.Contains(rest, "/") { // "v2-1/8"
		if info.counter(strings.TrimLeft(rest, "-_:.")) {
			info.Version = v
			return true
		}
	}
	a, b, ok := strings.Cut(w, "/")
	if !ok {
		if a, b, ok = strings.Cut(w, `\`); !ok {
			return false
		}
	}
	b, word, _ := strings.Cut(b, ":") // "1/2:for-next"
	index, err1 := parseCount(reNumberSign.ReplaceAllString(a, ""))
	total, err2 := parseCount(strings.TrimSuffix(b, "."))
	if err1 == nil && isOpenTotal(b) {
		info.Patch, info.open, info.openIndex = true, true, index
		return true
	}
	if err1 != nil || err2 != nil {
		return false
	}
	info.Index, info.Total = index, total
	info.Patch, info.Numbered = true, true
	if word != "" {
		info.Words = append(info.Words, word)
	}
	return true
}

// isOpenTotal reports whether w stands for a total that nobody knows.
func isOpenTotal(w string) bool {
	return len(w) == 1 && strings.ContainsAny(w, "nNxX?") || w == "??"
}

// firstStable is the major number from which "v5.10" names a stable kernel, and no version of a
// series with a minor number.
const firstStable = 4

// versionWord reads "v3", "V3", "ver3", "v3:" and "v3.1", whose minor number does not count, and "RFCv3" and "v3-resend", which say more than that.
func (info *Subject) versionWord(w string) bool {
	w = strings.TrimSuffix(w, ":")
	if len(w) > 4 && EqualFold(w[:3], "RFC") {
		if v, rest, ok := cutVersion(strings.TrimLeft(w[3:], "-_/")); ok && rest == "" {
			info.Version, info.Words = v, append(info.Words, w[:3])
			return true
		}
	}
	if len(w) > 6 && EqualFold(w[:4], "RFC-") && EqualFold(w[4:min(9, len(w))], "PATCH") { // "RFC-PATCH-v2"
		if v, rest, ok := cutVersion(strings.TrimLeft(w[9:], "-_/")); ok && rest == "" {
			info.Version, info.Words = v, append(info.Words, w[:3])
			return true
		}
	}
	for _, long := range []string{"version", "ver", "v."} {
		if len(w) > len(long) && EqualFold(w[:len(long)], long) {
			w = "v" + w[len(long):]
		}
	}
	v, rest, ok := cutVersion(w)
	if !ok || rest != "" && (rest[0] != '.' && rest[0] != '-' && rest[0] != '_' || v >= firstStable && rest[0] == '.') {
		return false
	}
	if rest != "" && rest[0] != '.' {
		if rest[1:] == "" || !isAlpha(rest[1]) || strings.HasPrefix(rest, "-rc") {
			return false
		}
		info.Words = append(info.Words, rest[1:])
	}
	info.Version = v
	return true
}

func cutVersion(w string) (version int, rest string, ok bool) {
	if len(w) < 2 || w[0] != 'v' && w[0] != 'V' {
		return 0, w, false
	}
	end := 1
	for end < len(w) && '0' <= w[end] && w[end] <= '9' {
		end++
	}
	version, err := parseCount(w[1:end])
	return version, w[end:], err == nil
}

// parseCount reads a number of at most six digits: no series is longer.
func parseCount(s string) (int, error) {
	if len(s) > 6 {
		return 0, strconv.ErrRange
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return int(n), err
}

var reTitlePrefix = lazyregexp.New(`^(?:\[[^\]]*\]\s*)+`)

// PlainTitle strips what format-patch and am add and take away at the front of a title.
func PlainTitle(title string) string {
	return strings.Join(strings.Fields(reTitlePrefix.ReplaceAllString(title, "")), " ")
}

// WithoutBrackets returns subject without its brackets.
func WithoutBrackets(subject string) string { return reTitlePrefix.ReplaceAllString(subject, "") }

// ReadTitle returns the title of a patch as its sender meant it. Git ends a bracket at the first "]",
// so that of nested ones a part stays in the title of the commit: "v3 1/2] lsm: mend it".
func ReadTitle(p *patchset.Patch) string {
	if meant := ParseSubject(p.Subject).Title; meant != "" && (strings.Contains(p.Title, "]") || reUnbracketed.MatchString(p.Title)) && strings.HasSuffix(p.Title, meant) {
		return meant
	}
	return p.Title
}
