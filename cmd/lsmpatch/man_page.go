// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Pages are written in man(7) from the texts of the verbs, which are plain: a generator by way of Markdown would
// take `Documentation/*` and `lsm_hook_defs` for emphasis, and cost each start of the command its initialisation.

const exitStatus = `.SH EXIT STATUS
.TP
0
The series is clean.
.TP
1
The series is at fault.
.TP
2
Usage, or something of lsmpatch's own failed.
`

// manPage returns the page of cmd, dated if date is not "".
func manPage(cmd *cobra.Command, date string) string {
	cmd.InitDefaultHelpFlag()
	var b strings.Builder
	// A page in ASCII looks the same in each locale, but for what the texts have besides.
	fmt.Fprintf(&b, ".TH %s 1 %q %q %q\n", roff(strings.ToUpper(pageName(cmd))), date, "lsmpatch", "User Commands")
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(pageName(cmd)), roff(lowerFirst(cmd.Short)))
	path, rest := cmd.CommandPath(), "[flags]"
	if cmd.Runnable() {
		rest = strings.TrimSpace(strings.TrimPrefix(cmd.UseLine(), path))
	} else if cmd.HasAvailableSubCommands() {
		rest = "VERB [flags]"
	}
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n%s\n", roff(path), roffLine(rest))
	b.WriteString(".SH DESCRIPTION\n" + roffText(cmp.Or(cmd.Long, cmd.Short+".")))
	writeVerbs(&b, cmd)
	writeFlags(&b, "OPTIONS", cmd.NonInheritedFlags())
	writeFlags(&b, "OPTIONS OF ALL VERBS", cmd.InheritedFlags())
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + roffBlock(strings.Split(cmd.Example, "\n")))
	}
	b.WriteString(exitStatus)
	writeSeeAlso(&b, cmd)
	return b.String()
}

// writeVerbs lists the verbs below cmd.
func writeVerbs(b *strings.Builder, cmd *cobra.Command) {
	shown := shownVerbs(cmd)
	if len(shown) > 0 {
		b.WriteString(".SH VERBS\n")
	}
	for _, sub := range shown {
		fmt.Fprintf(b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roffLine(sub.Short+"."))
	}
}

// writeFlags writes a section of flags; none where there is no flag.
func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB\\-%s\\fR, ", roff(f.Shorthand))
		}
		fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", roff(f.Name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
		}
		if !slices.Contains([]string{"", "false", "0", "[]"}, f.DefValue) && !strings.Contains(usage, "default") {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		b.WriteString("\n" + roffLine(usage) + "\n")
	})
}

// writeSeeAlso names the pages above, below and beside cmd.
func writeSeeAlso(b *strings.Builder, cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, pageName(cmd.Parent()))
		for _, sub := range shownVerbs(cmd.Parent()) {
			if sub != cmd && cmd.Parent().HasParent() {
				pages = append(pages, pageName(sub))
			}
		}
	}
	for _, sub := range shownVerbs(cmd) {
		pages = append(pages, pageName(sub))
	}
	pages = append(pages, "git-am")
	b.WriteString(".SH SEE ALSO\n")
	for i, page := range pages {
		after := ","
		if i == len(pages)-1 {
			after = ""
		}
		fmt.Fprintf(b, ".BR %s (1)%s\n", roff(page), after)
	}
}

// roffText returns text of several paragraphs: lines that are indented stay as they are, others are filled.
func roffText(text string) string {
	var b strings.Builder
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		lines := strings.Split(paragraph, "\n")
		for len(lines) > 0 {
			n := slices.IndexFunc(lines, func(line string) bool { return !strings.HasPrefix(line, " ") })
			if n < 0 {
				n = len(lines)
			}
			if n > 0 {
				b.WriteString(roffBlock(lines[:n]))
				lines = lines[n:]
				continue
			}
			b.WriteString(roffLine(lines[0]) + "\n")
			lines = lines[1:]
		}
	}
	return b.String()
}

// roffBlock returns lines as they are.
func roffBlock(lines []string) string {
	var b strings.Builder
	b.WriteString(".PP\n.nf\n")
	for _, line := range lines {
		b.WriteString(roffLine(line) + "\n")
	}
	b.WriteString(".fi\n")
	return b.String()
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`)

// roff returns text as roff shows it as it stands, and as it can be copied into a shell.
func roff(text string) string { return roffEscapes.Replace(text) }

// roffLine is roff for what begins a line of the source, where a dot would begin a request.
func roffLine(line string) string {
	line = roff(line)
	if strings.HasPrefix(line, ".") {
		line = `\&` + line
	}
	return line
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
