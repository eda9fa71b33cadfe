// SPDX-License-Identifier: GPL-2.0-only

package syntax

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

// A typeTable holds types that are made of keywords: by the first of them, what may follow it, best first. It matches
// as alternatives of a pattern would, each of them with a word boundary behind, but looks at few of them.
type typeTable map[string][][]string

var (
	// numberTypes are spelled as they should be.
	numberTypes = typesOf("void", "sign? char", "sign? short int", "sign? short", "sign? int", "sign? long int",
		"sign? long long int", "sign? long long", "sign? long", "sign", "float", "double", "bool")
	// misorderedTypes are not. Of those with a space at the end, it is part of the match.
	misorderedTypes = typesOf("char sign", "int sign? short _", "int short sign", "short int sign", "sign int short",
		"short sign", "long int sign", "int long sign", "long sign int", "int sign long", "int sign", "int long long sign",
		"long long int sign", "long long sign int", "long long sign", "long sign")
)

// anySpace, after the words of a type, is one white space that belongs to it.
const anySpace = "_"

// typesOf makes a table of types, in which sign is signed or unsigned, and sign? may also be left out.
func typesOf(types ...string) typeTable {
	table := typeTable{}
	for _, t := range types {
		optional := strings.Contains(t, "sign?")
		t = strings.Replace(t, "sign?", "sign", 1)
		spelled := []string{t}
		if strings.Contains(t, "sign") {
			spelled = []string{strings.Replace(t, "sign", "signed", 1), strings.Replace(t, "sign", "unsigned", 1)}
		}
		if optional {
			spelled = append(spelled, strings.Replace(t, "sign ", "", 1))
		}
		for _, s := range spelled {
			words := strings.Fields(s)
			table[words[0]] = append(table[words[0]], words[1:])
		}
	}
	return table
}

// sizedTypes are the names of types that the kernel or C defines for all.
var sizedTypes = sizedTypeNames()

func sizedTypeNames() map[string]bool {
	names := map[string]bool{"atomic_t": true, "FILE": true, "u_char": true, "u_short": true, "u_int": true, "u_long": true,
		"unchar": true, "ushort": true, "uint": true, "ulong": true}
	for _, prefix := range []string{"", "__"} {
		for _, size := range []string{"8", "16", "32", "64"} {
			for _, kind := range []string{"u", "s", "be", "le"} {
				names[prefix+kind+size] = true
			}
			for _, sign := range []string{"", "u", "u_", "s", "s_"} {
				names[prefix+sign+"int"+size+"_t"] = true
				names[prefix+sign+"int_"+size+"_t"] = true
			}
		}
	}
	return names
}

// matchSizedType matches one of sizedTypes, as a whole word.
func matchSizedType(_ *pattern.Matcher, s string, i, _ int) int {
	if end := lines.WordEnd(s, i); sizedTypes[s[i:end]] {
		return end
	}
	return -1
}

// match is for a pattern.Native.
func (t typeTable) match(_ *pattern.Matcher, s string, i, nth int) int {
	first := lines.WordEnd(s, i)
	for _, rest := range t[s[i:first]] {
		end := first
		for _, word := range rest {
			if end = nextWord(s, end, word); end < 0 {
				break
			}
		}
		if end < 0 {
			continue
		}
		if nth == 0 {
			return end
		}
		nth--
	}
	return -1
}

// nextWord returns the end of word, if it is what follows the word that ends at i, or -1.
func nextWord(s string, i int, word string) int {
	start := lines.SkipSpace(s, i)
	if start == i {
		return -1
	}
	if word == anySpace {
		return i + 1
	}
	if end := lines.WordEnd(s, start); s[start:end] == word {
		return end
	}
	return -1
}
