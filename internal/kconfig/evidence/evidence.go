// SPDX-License-Identifier: GPL-2.0-only

// Package evidence tells which lines a build compiled, from what the build itself left: the commands
// that kbuild saved beside each object, and the compiler's own preprocessor run again by them.
//
// [Command] reads a saved command, [Preprocess] makes of it one that writes the lines that the compiler
// saw, and [Live] reads these. With -fdirectives-only a compiler expands no macro, so that each line that
// it kept stands for itself, in headers as well.
package evidence

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	savedRE  = lazyregexp.New(`(?m)^(?:saved)?cmd_\S+ := (.*)$`)
	outputRE = lazyregexp.New(` -c -o \S+ `)
	depsRE   = lazyregexp.New(` -Wp,-MM?D,\S+`)
)

// Command returns the command by which kbuild made an object, from the text of its .cmd file: the
// compiler's part alone.
func Command(cmd []byte) (line string, ok bool) {
	m := savedRE.FindSubmatch(cmd)
	if m == nil {
		return "", false
	}
	line, _, _ = strings.Cut(string(m[1]), " ; ") // objtool and its like follow
	// kbuild writes it for make.
	line = strings.NewReplacer("$(pound)", "\\#", "$$", "$").Replace(line)
	return line, true
}

// Preprocess turns the command that compiles a C or assembly file into one that writes what the compiler
// sees of it to standard output. It is for a shell. Other commands, such as rustc's, are not ok.
func Preprocess(line string) (script string, ok bool) {
	return Instead(line, "-E -fdirectives-only -w -o -")
}

// Instead puts other options in the place of those that have the compiler write an object.
func Instead(line, options string) (script string, ok bool) {
	at := outputRE.FindStringIndex(line)
	if at == nil {
		return "", false
	}
	return depsRE.ReplaceAllString(line[:at[0]]+" "+options+" "+line[at[1]:], ""), true
}

// Include turns the command that compiles some C file into two that look at a header as if a source included
// it alone: one has the compiler check it, the other writes what the compiler sees of it. header is its path
// in the build. They are for a shell.
func Include(line, header string) (check, see string, ok bool) {
	at := outputRE.FindStringIndex(line)
	if at == nil || strings.ContainsAny(header, "'\n") || !strings.HasSuffix(strings.TrimRight(line, " "), ".c") {
		return "", "", false
	}
	line = depsRE.ReplaceAllString(line[:at[0]], "") + " -include '" + header + "' -x c"
	return line + " -fsyntax-only /dev/null", line + " -E -fdirectives-only -w -o - /dev/null", true
}

// Names reports whether the dependencies in a .cmd file have a source, by its path in the build.
func Names(cmd []byte, source string) bool {
	for rest := cmd; ; {
		i := bytes.Index(rest, []byte(source))
		if i < 0 {
			return false
		}
		end := i + len(source)
		if (i == 0 || isSpace(rest[i-1])) && (end == len(rest) || isSpace(rest[end])) {
			return true
		}
		rest = rest[i+1:]
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\\' }

// Lines are line numbers of files.
type Lines map[string]map[int]bool

// Live returns which lines of the files in want the compiler saw, by what [Preprocess]'s command wrote.
// Source is what the build called the tree; the names in want are relative to it.
func Live(out []byte, source string, want map[string]bool) Lines {
	live := Lines{}
	var file map[int]bool
	number := 0
	for line := range bytes.Lines(out) {
		line = bytes.TrimRight(line, "\r\n")
		if name, n, ok := marker(line); ok {
			file, number = nil, n
			if name, ok = strings.CutPrefix(path.Clean(name), source+"/"); ok && want[name] {
				if live[name] == nil {
					live[name] = map[int]bool{}
				}
				file = live[name]
			}
			continue
		}
		if file != nil && len(bytes.TrimSpace(line)) > 0 {
			file[number] = true
		}
		number++
	}
	return live
}

// marker reads a line `# 12 "name" 1 3`, which says where the next line is from.
func marker(line []byte) (name string, number int, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("# "))
	if !ok || len(rest) == 0 || rest[0] < '0' || rest[0] > '9' {
		return "", 0, false
	}
	digits, quoted, ok := bytes.Cut(rest, []byte(` "`))
	number, err := strconv.Atoi(string(digits))
	end := bytes.LastIndexByte(quoted, '"')
	if !ok || err != nil || end < 0 {
		return "", 0, false
	}
	return string(quoted[:end]), number, true
}
