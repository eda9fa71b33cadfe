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
	"github.com/spf13/pflag"

	"github.com/lsmpatch/lsmpatch/internal/below"
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
	words, help, err := scriptWords(verb.Flags(), args)
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
	for _, w := range words {
		if strings.HasPrefix(w, "--root") || w == "--no-tree" || w == "--notree" || w == "--list-types" {
			return true
		}
	}
	return false
}

// scriptDefaults are options of the script that say what is so without them.
var scriptDefaults = map[string]bool{"tree": true, "signoff": true, "fixes-tag": true, "summary": true, "no-list-types": true,
	"nolist-types": true, "no-ignore-perl-version": true, "noignore-perl-version": true, "color-auto": true}

// scriptWords turns a command line of the script into one of the verb. The script takes options with one dash or two, in
// any case, and none that is cut short; it takes help and version for the same.
func scriptWords(flags *pflag.FlagSet, args []string) (words []string, help bool, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(words, args[i:]...), help, err
		}
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if len(arg) < 2 || arg[0] != '-' || name == "" {
			words = append(words, arg)
			continue
		}
		name = strings.ToLower(name)
		flag := flags.Lookup(name)
		if len(name) == 1 {
			flag = flags.ShorthandLookup(name)
		}
		switch {
		case name == "h" || name == "help" || name == "version":
			help = true
		case name == "color" && !given:
			// The script takes no word after it for its value.
		case scriptDefaults[name] && !given:
		case flag == nil || name == "tree":
			//lint:ignore ST1005 the script's own words
			err = errors.Join(err, fmt.Errorf("Unknown option: %s", name))
		case given:
			words = append(words, "--"+flag.Name+"="+value)
		case flag.NoOptDefVal == "" && i+1 < len(args):
			i++
			words = append(words, "--"+flag.Name+"="+args[i])
		default:
			words = append(words, "--"+flag.Name)
		}
	}
	return words, help, err
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
