// SPDX-License-Identifier: GPL-2.0-only

package run

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// plainWord is what a shell takes as it is. A name before "=" would be a variable, but for that of a flag.
var plainWord = lazyregexp.New(`^(--[a-z-]+=)?[\w@%+:,./-]+$`)

// Quoted returns words as a line for a shell, each as it is.
func Quoted(words ...string) string {
	var line strings.Builder
	for i, word := range words {
		if i > 0 {
			line.WriteByte(' ')
		}
		if !plainWord.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		line.WriteString(word)
	}
	return line.String()
}
