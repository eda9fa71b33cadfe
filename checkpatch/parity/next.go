// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
)

// perlNames are what stands for the script's named patterns in an example.
var perlNames = strings.NewReplacer("$Type", "int", "$Ident", "name", "$Constant", "1", "$Lval", "name", "$FuncArg", "name", "$Declare", "static int",
	"$Storage", "static", "$Sparse", "__user", "$Inline", "inline", "$Attribute", "__init", "$String", `"text"`, "$balanced_parens", "(name)",
	"$Operators", "=", "$Assignment", "=", "$Compare", "==", "$Member", "->name", "$Int", "1", "$Float", "1.0", "${Lval}", "name", "${Ident}", "name")

// What Go's patterns have not, and does not matter to an example: conditions on what is around, quantifiers that do not go
// back; and the variables that are left.
var (
	perlAround     = regexp.MustCompile(`\(\?<?[!=](?:[^()\\]|\\.)*\)`)
	perlPossessive = regexp.MustCompile(`([+*?}])\+`)
	perlVariable   = regexp.MustCompile(`\$\{?\w+\}?`)
)

// example returns a text that a pattern of Perl matches, or nearly so, and another one for each state of rng; "" where the
// pattern cannot be read.
func example(pattern string, rng *rand.Rand) string {
	pattern = perlNames.Replace(pattern)
	pattern = perlAround.ReplaceAllString(pattern, "")
	pattern = perlPossessive.ReplaceAllString(pattern, "$1")
	pattern = perlVariable.ReplaceAllString(pattern, "name")
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	write(&b, tree, rng)
	return b.String()
}

func write(b *strings.Builder, re *syntax.Regexp, rng *rand.Rand) {
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
		return
	case syntax.OpCharClass:
		b.WriteRune(member(re.Rune, rng))
		return
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
		return
	case syntax.OpAlternate:
		write(b, re.Sub[rng.IntN(len(re.Sub))], rng)
		return
	case syntax.OpStar, syntax.OpQuest:
		times = rng.IntN(2)
	case syntax.OpPlus:
		times = 1 + rng.IntN(3)
	case syntax.OpRepeat:
		times = re.Min + rng.IntN(2)
		if re.Max >= 0 {
			times = min(times, re.Max)
		}
	}
	for range times {
		for _, sub := range re.Sub {
			write(b, sub, rng)
		}
	}
}

// member returns a character of a class, a letter, a figure or a blank where there is one.
func member(class []rune, rng *rand.Rand) rune {
	if string(class) == "09" {
		return '0' + rune(rng.IntN(10))
	}
	const liked = "aAb1B2 \t_.,-<>=&"
	start := rng.IntN(4)
	for i := range liked {
		r := rune(liked[(start+i)%len(liked)])
		for k := 0; k+1 < len(class); k += 2 {
			if class[k] <= r && r <= class[k+1] {
				return r
			}
		}
	}
	if len(class) > 0 {
		return class[0]
	}
	return 'x'
}

// maxExamples bounds the examples: the script takes a minute or two for so many.
const maxExamples = 1500

// Examples returns inputs for rules that match lines with patterns: texts that match them, in sources, in other files and in
// messages.
func Examples(patterns []string) []Sample {
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	var samples []Sample
	for _, p := range patterns {
		for range 8 {
			text := strings.TrimRight(example(p, rng), "\n")
			if text == "" || seen[text] || strings.Contains(text, "\n") {
				continue
			}
			seen[text] = true
			line := strings.TrimPrefix(text, "+")
			if strings.HasPrefix(p, "^.") && line == text {
				line = text[1:]
			}
			for _, at := range [][2]string{{"lib/a.c", line}, {"lib/a.c", "\t" + line}, {"lib/a.c", "\t" + line + ";"},
				{"drivers/net/a.h", "\t" + line}, {"lib/Kconfig", line}, {"arch/arm64/boot/dts/a.dts", "\t" + line}} {
				samples = append(samples, Sample{Name: at[0] + ": " + at[1], Data: []byte(exampleMail("Say so.", at[0], at[1]))})
			}
			samples = append(samples, Sample{Name: "message: " + text, Data: []byte(exampleMail("Say so.\n\n"+text, "lib/a.c", "int b;"))})
		}
	}
	for len(samples) > maxExamples { // every other one
		half := samples[:0]
		for i := 0; i < len(samples); i += 2 {
			half = append(half, samples[i])
		}
		samples = half
	}
	return samples
}

func exampleMail(message, name, line string) string {
	return "From: A Person <person@example.org>\nSubject: [PATCH] lib: say it\n\n" + message + "\n\n" + signed + "\n---\ndiff --git a/" + name + " b/" + name +
		"\n--- a/" + name + "\n+++ b/" + name + "\n@@ -10,3 +10,8 @@ int before(void)\n int a;\n+\n+int f(void)\n+{\n+" + line + "\n+}\n \n int c;\n"
}

// verdict says what the engines made of the examples for one type.
func verdict(changed bool, t *Tally) string {
	fired := t.Agreed + t.Theirs
	switch {
	case fired+t.Ours == 0:
		return "no example fires: read the rule"
	case !changed:
		return fmt.Sprintf("new: the script finds %d in the examples, the engine has no such rule", fired)
	case t.Ours+t.Theirs == 0:
		return fmt.Sprintf("the engine agrees on all %d findings in the examples", fired)
	}
	return fmt.Sprintf("differs: of %d findings in the examples the engine has %d, and %d of its own", fired, t.Agreed, t.Ours)
}
