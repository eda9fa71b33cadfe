// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/rights"
)

// A verb is what the tests of all verbs know of one.
type verb struct {
	// hostile are command lines that bring it text from outside: see [hostileFiles] for the words that are replaced.
	hostile []string
	// waits is a command line that waits for FIFO for ever.
	waits string
	// never says why there is none.
	never string
	// confined is a command line by which it gives up its rights; free says why it does not.
	confined, free string
}

// verbs has each verb of the command, so that none is forgotten. A new one gets an entry here, and is tried by
// TestHostileText, TestSignalsEndEveryVerb and TestConfined then.
var verbs = map[string]verb{
	"series info": {hostile: []string{"V1", "--all BOTH", "NAMED", "no+TEXT"}, waits: "FIFO", confined: "V1"},
	"series check": {hostile: []string{"--tree TREE V1", "--all BOTH", "--previous V1 V2", "no+TEXT", "--patch-format TEXT V1", "--config CONF --tree TREE V1"},
		waits: "FIFO", confined: "--tree TREE V1"},
	"series diff":   {hostile: []string{"V1 V2"}, waits: "FIFO FIFO", confined: "V1 V2"},
	"series am":     {hostile: []string{"-o DIR/am V1"}, waits: "-o DIR/am FIFO", confined: "-o DIR/am2 V1"},
	"series checks": {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"apply":         {hostile: []string{"--check --tree TREE V1", "--tree COPY --exclude kernel/* V1", "--tree no+TEXT"}, waits: "--check --tree TREE FIFO", confined: "--check --tree TREE V1"},
	"checkpatch": {hostile: []string{"--strict --tree TREE V1", "--terse --no-tree V1 NAMED", "--emacs --showfile --no-tree NAMED", "--mailback --no-tree NAMED",
		"--show-types --verbose --no-tree V1", "--no-tree -f SOURCE", "--explain TEXT"}, waits: "--tree TREE FIFO", confined: "--tree TREE --engine native V1"},
	"hooks list":       {hostile: []string{"--tree TREE", "--tree TREE --config SOURCE", "--tree TREE --name TEXT"}, waits: "--tree TREE --config FIFO", confined: "--tree TREE"},
	"hooks check":      {hostile: []string{"--tree TREE V1", "--tree TREE --rev TEXT V1"}, waits: "--tree TREE FIFO", confined: "--tree TREE V1"},
	"hooks checks":     {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"hooks diff":       {hostile: []string{"--tree CLEAN --tree TREE", "--tree no+TEXT --tree TREE"}, never: "it reads trees, in which no FIFO is opened", confined: "--tree CLEAN --tree TREE"},
	"hooks bpf":        {hostile: []string{"--tree TREE BPF", "--tree TREE no+TEXT", "--tree TREE DIR"}, waits: "--tree TREE FIFO", confined: "--tree TREE BPF"},
	"configure":        {hostile: []string{"--tree TREE V1", "--tree TREE --arch TEXT V1", "--tree TREE --base-config SOURCE V1"}, waits: "--tree TREE FIFO", free: "it runs the tree's conf in a box, which Landlock forbids to make"},
	"build":            {hostile: []string{"--tree no+TEXT", "--tree TREE --config-fragment SOURCE --out DIR/out", "--tree TREE --toolchain TEXT"}, waits: "--tree TREE --config-fragment FIFO", free: "it builds in a box, which Landlock forbids to make"},
	"cache list":       {hostile: []string{"--out DIR", "--out no+TEXT"}, never: "it reads a folder", free: "it reads names of its own cache"},
	"cache prune":      {hostile: []string{"--max-size TEXT", "--out no+TEXT"}, never: "it reads a folder", free: "it removes"},
	"toolchain create": {hostile: []string{"--for no+TEXT", "--out DIR --suite +TEXT --mirror file:///nonexistent x", "--out DIR TEXT"}, never: "it runs mmdebstrap", free: "it makes a root filesystem"},
	"toolchain list":   {hostile: []string{"--out DIR", "--out no+TEXT"}, never: "it reads a folder", free: "it reads names of its own cache"},
	"toolchain remove": {hostile: []string{"--out DIR TEXT"}, never: "it reads a folder", free: "it removes"},
	"boot":             {hostile: []string{"--kernel no+TEXT", "--kernel SOURCE --append TEXT", "--kernel SOURCE --machine TEXT"}, waits: "--kernel FIFO", free: "it runs QEMU in a box, which Landlock forbids to make"},
	"premerge":         {hostile: []string{"--tree TREE REPORTS V1", "--config CONF --tree TREE V1"}, waits: "--tree TREE FIFO", confined: "--tree TREE V1"},
	"patchset list":    {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"patchset show":    {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"patchset export":  {hostile: []string{"-o DIR/export TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"fetch": {hostile: []string{"--tree DIR/new --remote no+TEXT", "--tree DIR/new --archive no+TEXT", "--tree DIR/new --archive SOURCE --sha256 TEXT"},
		waits: "--tree DIR/new --for FIFO", free: "git runs what the user has told it to: helpers for passwords, ssh"},
	"stack init":      {hostile: []string{"--stack DIR/stack --tree TREE --commit HEAD --entry V1", "--stack DIR/other --tree no+TEXT --commit TEXT"}, waits: "--stack DIR/waits --tree TREE --commit HEAD --entry FIFO", free: "it writes the stack and the tree, and runs git"},
	"stack conflicts": {hostile: []string{"--tree TREE V1", "--tree TREE BOTH", "--stack no+TEXT"}, waits: "--tree TREE FIFO", free: "it writes the stack and the tree, and runs git"},
	"stack add":       {hostile: []string{"--stack no+TEXT V1"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack remove":    {hostile: []string{"--stack no+TEXT TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack move":      {hostile: []string{"--stack no+TEXT TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack apply":     {hostile: []string{"--stack no+TEXT --tree TREE"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack status":    {hostile: []string{"--stack no+TEXT --against TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack update":    {hostile: []string{"--stack no+TEXT TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack rebase":    {hostile: []string{"--stack no+TEXT --onto TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack check":     {hostile: []string{"--stack no+TEXT TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack export":    {hostile: []string{"--stack no+TEXT quilt TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"stack explain":   {hostile: []string{"--stack no+TEXT TEXT"}, never: "it reads the files of a stack, in which no FIFO is opened", free: "it writes the stack and the tree, and runs git"},
	"plan":            {hostile: []string{"--matrix no+TEXT V1", "--matrix SOURCE --store DIR/store V1", "--matrix MATRIX --store DIR/store V1"}, waits: "--matrix FIFO", free: "it writes the store"},
	"work":            {hostile: []string{"--store DIR/store SOURCE", "--store DIR/store no+TEXT", "--store DIR/store --tree-at TEXT SOURCE"}, waits: "--store DIR/store FIFO", free: "it runs jobs, which give up theirs"},
	"serve":           {hostile: []string{"--queue-listen TEXT --dir DIR/serve", "--queue-listen 127.0.0.1:0 --dir DIR/serve --tls-cert no+TEXT"}, never: "it ends by a signal as it is meant to, with 0: TestServe", free: "it serves, and writes its folder"},
	"report merge":    {hostile: []string{"no+TEXT", "SOURCE", "--store DIR/store --jobs SOURCE"}, waits: "FIFO", free: "it reads named files and the store alone, and no mail"},
	"doctor":          {hostile: []string{"--format TEXT", "--tree no+TEXT"}, never: "each program that it runs has a limit", free: "it tries the box and KVM"},
	"recover":         {hostile: []string{"--tree no+TEXT"}, never: "it reads a repository", free: "it mends a tree"},
	"man":             {hostile: []string{"TEXT", "-o no+TEXT/x TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"hook install":    {hostile: []string{"--tree no+TEXT", "TEXT"}, never: "it reads a repository", free: "it writes hooks"},
	"hook uninstall":  {hostile: []string{"--tree no+TEXT", "TEXT"}, never: "it reads a repository", free: "it removes hooks"},
	"hook run":        {hostile: []string{"TEXT", "sendemail-validate -- TEXT"}, never: "it judges in the folder where git calls it", free: "it runs git as the user has it"},
	"review":          {hostile: []string{"--tree TREE V1", "--tree no+TEXT"}, never: "it wants a terminal", free: "it writes drafts and branches"},
	"completion bash": {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"}, "completion zsh": {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"completion fish": {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"}, "completion powershell": {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
	"help": {hostile: []string{"TEXT"}, never: "it reads nothing", free: "it reads nothing"},
}

// commandLines makes a command line of a verb: words that are keys of files are replaced, "+" before a key joins it to what
// stands before.
func commandLine(name, line string, files map[string][]string) []string {
	args := strings.Fields(name)
	for _, word := range strings.Fields(line) {
		before, key, joined := strings.Cut(word, "+")
		if dir, below, ok := strings.Cut(word, "/"); ok && len(files[dir]) == 1 {
			args = append(args, filepath.Join(files[dir][0], below))
		} else if joined && len(files[key]) == 1 {
			args = append(args, before+files[key][0])
		} else if with, ok := files[word]; ok {
			args = append(args, with...)
		} else {
			args = append(args, word)
		}
	}
	return args
}

// verbNames returns the names of all verbs that can be run, as a user types them.
func verbNames(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		name := sub.Name()
		if below := verbNames(sub); len(below) > 0 {
			for _, leaf := range below {
				names = append(names, name+" "+leaf)
			}
			continue
		}
		names = append(names, name)
	}
	return names
}

// TestVerbsAreKnown: a new verb went by the tests of hostile texts, of signals and of rights.
func TestVerbsAreKnown(t *testing.T) {
	root := newRoot(nil, new(bytes.Buffer), new(bytes.Buffer))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("x")
	names := verbNames(root)
	for _, name := range names {
		v, ok := verbs[name]
		if !ok || len(v.hostile) == 0 || (v.waits == "") == (v.never == "") || (v.confined == "") == (v.free == "") {
			t.Errorf("the verb %q needs an entry in verbs, with hostile, waits or never, and confined or free", name)
		}
	}
	for name := range verbs {
		if !slices.Contains(names, name) {
			t.Errorf("there is no verb %q", name)
		}
	}
}

// TestOneVerb: a command line that starts with a verb has that one alone, and all of it.
func TestOneVerb(t *testing.T) {
	for _, want := range newRoot(nil, nil, nil).Commands() {
		a := newApp(nil, nil, nil)
		a.args = []string{want.Name()}
		got := a.rootCommand().Commands()
		if len(got) != 1 || got[0].Name() != want.Name() || got[0].UsageString() != want.UsageString() {
			t.Errorf("%s: %d verbs", want.Name(), len(got))
		}
	}
}

// TestConfined: each verb that only reads, or writes named outputs alone, gives up its rights before it reads a mail, and
// none where the user keeps them.
func TestConfined(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	temp := t.TempDir()
	files := hostileFiles(t, "plain")
	for name, v := range verbs {
		if v.confined == "" {
			continue
		}
		for _, keep := range []bool{false, true} {
			var given *rights.Needs
			t.Setenv("TMPDIR", temp) // which a verb sets that gives up its rights
			args := commandLine(name, v.confined, files)
			if keep {
				args = append(args, "--no-landlock")
			}
			var stdout, stderr bytes.Buffer
			runVerb(t.Context(), args, strings.NewReader(""), &stdout, &stderr, func(n rights.Needs) error { given = &n; return nil })
			if keep != (given == nil) {
				t.Errorf("%q: gave up %+v\n%s", args, given, stderr.String())
			}
			if given != nil && given.Network {
				t.Errorf("%q keeps the network", args)
			}
			os.RemoveAll(files["DIR"][0] + "/am2")
		}
	}
}
