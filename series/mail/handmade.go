// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	// reEmphasis is a trailer that a mail program, or a hand, set in bold, as code or in quotes: "*Reviewed-by:* A U Thor", "`Acked-by: …`".
	reEmphasis = lazyregexp.New("^(?:\\*{1,2}|_{1,2}|`|[\"“])([A-Za-z][A-Za-z-]*-[Bb]y)(?:\\*{1,2}|_{1,2}|`)?:(?:\\*{1,2}|_{1,2}|`)?(.*?)[*_`\"”]*$")
	// reLooseKey is the key of one in another spelling: "Reviewed by:", "Acked–by", "Tested-by：". Without a colon it has to be a name and an address.
	reLooseKey  = lazyregexp.New(`^(?i)(reviewed|acked|tested)[ \x{a0}_‐-—-]{1,2}by[ \x{a0}]*[:：](.*)$`)
	reNoColon   = lazyregexp.New(`^(?i)(reviewed|acked|tested)[ -]by[ \x{a0}]+([^:<>@]{2,60}<[^<>\s]+@[^<>\s]+>[.!]?)$`)
	reTwoInOne  = lazyregexp.New(`^([^<>]*<[^<>\s]+@[^<>\s]+>)[\s,;]+([A-Z][A-Za-z-]*-by:\s.*)$`)
	reSameAgain = lazyregexp.New(`^(?i)\s*([a-z]+(?:-and-[a-z]+)?-by):\s+`)
	// reAfterwards is what ends a line behind the address and says nothing of the tag: thanks, a face, a link.
	reAfterwards = lazyregexp.New(`(?i)>(?:[\s,.!–-]*(?:thanks?|thank you|thx|cheers|[:;]-?\))[\s.!]*|\s*<https?://[^<>]*>|\s*\(mailto:[^()]*\))$`)
)

// maxHandmade is how long a line with a trailer is at most, in bytes.
const maxHandmade = 400

// handmade returns line with a trailer as git writes it, where somebody wrote it by hand or a mail program made something else of it, and
// what stands behind that as a trailer of its own, or "".
func handmade(line string) (tidy, second string) {
	if len(line) > maxHandmade || !strings.Contains(line, "by") && !strings.Contains(line, "By") && !strings.Contains(line, "BY") {
		return line, ""
	}
	if m := reEmphasis.FindStringSubmatch(line); m != nil {
		line = m[1] + ": " + strings.TrimSpace(m[2])
	}
	if m := reLooseKey.FindStringSubmatch(line); m != nil && !strings.Contains(line, "-by:") && !strings.Contains(line, "-By:") {
		line = keyOf(m[1]) + ": " + strings.TrimSpace(m[2])
	} else if m := reNoColon.FindStringSubmatch(line); m != nil {
		line = keyOf(m[1]) + ": " + m[2]
	}
	key, value, ok := strings.Cut(line, ":")
	if !ok || !personTrailer(strings.TrimSpace(key)) {
		return line, ""
	}
	if m := reSameAgain.FindStringSubmatch(value); m != nil && EqualFold(m[1], strings.TrimSpace(key)) {
		value = value[len(m[0]):]
	}
	value = strings.NewReplacer("＜", "<", "＞", ">", "＠", "@", "\t", " ", "\u200b", "", "\u00a0", " ").Replace(value)
	if m := reTwoInOne.FindStringSubmatch(value); m != nil {
		value, second = m[1], m[2]
	}
	return key + ": " + strings.TrimSpace(reAfterwards.ReplaceAllString(value, ">")), second
}

func keyOf(word string) string { return strings.ToUpper(word[:1]) + strings.ToLower(word[1:]) + "-by" }
