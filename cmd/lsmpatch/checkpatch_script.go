// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// scriptName is the name under which lsmpatch is scripts/checkpatch.pl: a link of that name to it will do.
const scriptName = "checkpatch.pl"

// isScript reports whether the program was called by the script's name.
func isScript(program string) bool { return filepath.Base(program) == scriptName }

// exitScriptUsage is how the script ends where it does not know an option.
const exitScriptUsage = 1

// scriptRoot returns the tree that the script takes: the one that it was started in, or the one whose scripts folder it
// is in.
func scriptRoot(program string) (string, error) {
	for _, dir := range []string{".", filepath.Dir(filepath.Dir(program))} {
		if tree.IsLinux(below.FS(dir)) == nil {
			return dir, nil
		}
	}
	//lint:ignore ST1005 the script's own words
	return "", errors.New("Must be run from the top-level dir. of a kernel tree")
}

// runAsScript is run for a call by the script's name.
func runAsScript(program string, args []string, stdout, stderr io.Writer, run func(args []string) int) int {
	a := newApp(nil, stdout, stderr)
	a.args = []string{"checkpatch"}
	verb, _, err := a.rootCommand().Find(a.args)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitBroken
	}
	verb.InheritedFlags() // merges the flags of the root command
	words, help, err := scriptWords(args)
	if err == nil && !help {
		err = verb.Flags().Parse(words)
	}
	if err != nil || help {
		code := exitClean
		if err != nil {
			fmt.Fprintln(stderr, err)
			code = exitScriptUsage
		}
		scriptUsage(stdout, verb)
		return code
	}
	call := []string{"checkpatch", "--patch"}
	if !namesRoot(words) {
		root, err := scriptRoot(program)
		if err != nil {
			fmt.Fprintln(stderr, err)
			return exitBroken
		}
		call = append(call, "--root="+root)
	}
	return run(append(call, words...))
}

// namesRoot reports whether words say which tree to take, or that none is wanted.
func namesRoot(words []string) bool {
	tree := true
	for _, w := range words {
		switch {
		case w == "--":
			return !tree
		case strings.HasPrefix(w, "--root=") || w == "--list-types":
			return true
		case strings.HasPrefix(w, "--no-tree"):
			tree = w != "--no-tree"
		}
	}
	return !tree
}

// A scriptOption is an option of the script. Without a value it is on, or off where "no" or "no-" stands before it.
type scriptOption struct {
	on, off string // words of the verb; off is "" where there is no such form
	value   string // the flag of the verb that takes its value, "" where it has none
	number  bool   // the value is a number
}

// scriptOptions are those that the script hands to Getopt::Long, by name.
var scriptOptions = func() map[string]scriptOption {
	options := map[string]scriptOption{
		"q": {on: "--quiet"}, "quiet": {on: "--quiet"}, "h": {}, "help": {}, "version": {},
		"color": {value: "color"}, "no-color": {on: "--color=never"}, "nocolor": {on: "--color=never"},
		"max-line-length": {value: "max-line-length", number: true}, "min-conf-desc-length": {value: "min-conf-desc-length", number: true},
		"tab-size": {value: "tab-size", number: true},
	}
	for _, name := range []string{"ignore", "types", "root", "debug", "test-only", "codespellfile", "typedefsfile", "kconfig-prefix"} {
		options[name] = scriptOption{value: name}
	}
	both := func(on, off string, names ...string) {
		for _, name := range names {
			options[name] = scriptOption{on: on, off: off}
			options["no"+name], options["no-"+name] = scriptOption{on: off}, scriptOption{on: off}
		}
	}
	for _, names := range [][]string{{"verbose", "v"}, {"emacs"}, {"terse"}, {"showfile"}, {"file", "f"}, {"git", "g"}, {"strict", "subjective"}, {"show-types"},
		{"list-types"}, {"mailback"}, {"summary-file"}, {"fix"}, {"fix-inplace"}, {"ignore-perl-version"}, {"spdx-cxx-comments"}, {"codespell"}} {
		both("--"+names[0], "--"+names[0]+"=false", names...)
	}
	for _, name := range []string{"tree", "signoff", "fixes-tag", "patch", "summary"} { // what is so without a word
		both("--no-"+name+"=false", "--no-"+name, name)
	}
	return options
}()

// scriptNumber is what Getopt::Long takes for one.
var scriptNumber = lazyregexp.New(`^[-+]?_*[0-9][0-9_]*$`)

// scriptWords turns a command line of the script into one of the verb, as Getopt::Long reads it with the script's settings: after
// --, - or +, in any case, none cut short or bundled, with a value behind = or in the next word. Help, and version, end all.
func scriptWords(args []string) (words []string, help bool, err error) {
	_, posix := os.LookupEnv("POSIXLY_CORRECT")
	var files []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name := strings.TrimPrefix(arg, "--")
		if name == arg {
			name = strings.TrimPrefix(arg, "-")
		}
		if name == arg && !posix {
			name = strings.TrimPrefix(arg, "+")
		}
		switch {
		case arg == "--" || posix && (name == arg || arg == "-"):
			if arg != "--" {
				files = append(files, arg)
			}
			files, args = append(files, args...), nil
			continue
		case name == arg || arg == "-":
			files = append(files, arg)
			continue
		case arg == "--color" || arg == "-color": // the script gives it its usual value
			continue
		}
		var value []string
		if i := strings.Index(name, "="); i > 0 {
			name, value = name[:i], []string{name[i+1:]}
		}
		option, known := scriptOptions[strings.ToLower(name)]
		fault := func(format string, a ...any) { err = errors.Join(err, fmt.Errorf(format, a...)) }
		switch {
		case name == "":
			fault("Missing option after %s", arg)
		case !known:
			fault("Unknown option: %s", name)
		case option.value == "" && value != nil:
			fault("Option %s does not take an argument", strings.ToLower(name))
		case option.value == "" && option.on == "":
			help = true
		case option.value == "":
			words = append(words, option.on)
		case value == nil && len(args) == 0 || value != nil && value[0] == "":
			fault("Option %s requires an argument", strings.ToLower(name))
		default:
			if value == nil {
				value, args = args[:1], args[1:]
			}
			word, problem := option.word(strings.ToLower(name), value[0])
			if problem != nil {
				err = errors.Join(err, problem)
			}
			words = append(words, word)
		}
	}
	return append(append(words, "--"), files...), help, err
}

// word returns the flag of the verb that gives an option its value.
func (o scriptOption) word(name, value string) (string, error) {
	switch {
	case o.number && !scriptNumber.MatchString(value):
		//lint:ignore ST1005 Perl's own words
		return "", fmt.Errorf("Value \"%s\" invalid for option %s (number expected)", value, name)
	case o.number:
		if value = strings.ReplaceAll(value, "_", ""); name == "min-conf-desc-length" && strings.Trim(value, "+-0") == "" {
			value = "-1" // 0 is not given
		}
	case name == "debug" && !strings.Contains(value, "="):
		//lint:ignore ST1005 Perl's own words
		return "", fmt.Errorf("Option %s, key \"%s\", requires a value", name, value)
	case name == "color":
		value = strings.NewReplacer("0", "always", "1", "never").Replace(strings.ToLower(value))
	}
	return "--" + o.value + "=" + value, nil
}

// scriptVersion is that of all scripts since Linux 2.6.39: nobody counts it up.
const scriptVersion = "0.32"

func scriptUsage(w io.Writer, verb *cobra.Command) {
	fmt.Fprintf(w, "Usage: %s [OPTION]... [FILE]...\nVersion: %s\n\nOptions:\n%s\n", scriptName, scriptVersion, verb.LocalFlags().FlagUsages())
	fmt.Fprintln(w, "When FILE is - read standard input.")
}

// inputOnStdin replaces missing arguments by "-" where standard input is no terminal and has something to read: a
// program before the pipe, or a file. As a script's stand-in, the verb reads it in any case, as the script does.
func (a *app) inputOnStdin(args []string, standsIn bool) []string {
	switch {
	case len(args) > 0:
		return args
	case standsIn:
		return []string{"-"}
	}
	if f, ok := a.stdin.(*os.File); ok {
		info, err := f.Stat()
		if err != nil || info.Mode()&os.ModeCharDevice != 0 {
			return args
		}
	}
	reader := bufio.NewReader(a.stdin)
	if _, err := reader.Peek(1); err != nil {
		return args
	}
	a.stdin = reader
	return []string{"-"}
}
