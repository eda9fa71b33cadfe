// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// app is what all verbs share: the streams, and the flags of the root command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	format         string
	color          string
	quiet          bool
	configFile     string
	// conf is what config has read, or nil; trees are the trees under test.
	conf  *config.Config
	trees []string
	// asksServer is set where flags of this run have a server asked.
	asksServer bool
	// giveUp gives up rights; nil where the process is not ours to confine. Temp is the folder that is left for what is temporary.
	giveUp     func(rights.Needs) error
	temp       atomic.Pointer[string]
	noLandlock bool
	// patience is how long a verb may take to end after a signal, as a time.Duration.
	patience atomic.Int64
	// args is the command line, and started when it began.
	args    []string
	started time.Time
	// gate is standard output where JSON is asked for, and reports are the files of --report, or nil. Failed makes a verb's
	// own object of an error; it may be nil. See [app.tell].
	gate    *gate
	reports *reportFiles
	failed  func(error) any
	telling sync.Mutex
	told    bool
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, started: time.Now(), gate: &gate{w: stdout}}
	a.patience.Store(int64(patience))
	return a
}

const rootLong = `lsmpatch answers one question about a Linux patch series: can it be merged?

It reads the series as the mailing list sees it, applies it as git am would, checks its style
and its LSM hooks against the tree that it is going into, builds that tree, boots the kernel in
QEMU and reports. Each part is a verb of its own; premerge does them all.

SERIES is an mbox file, a maildir, a folder or a list of .patch files, "-" for standard input,
A..B (commits of the tree), a Message-ID or lore URL, or builtin:rust-lsm, the series that the
binary carries, which is the default.

Exit codes: 0 clean; 1 the series is at fault; 2 usage, or something of ours failed.`

// newRoot returns the command as it stands in a process that does not run it.
func newRoot(stdin io.Reader, stdout, stderr io.Writer) *cobra.Command {
	return newApp(stdin, stdout, stderr).rootCommand()
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "lsmpatch",
		Short:         "Decide whether a kernel patch series can be merged",
		Long:          rootLong,
		Example:       "  lsmpatch premerge --tree linux --build --boot series.mbox\n  lsmpatch hooks check --tree linux",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			a.trees = namedTrees(cmd)
			a.asksServer = asksServer(cmd)
			if err := a.checkFlags(cmd); err != nil {
				return errors.Join(err, a.beginReports(reportsOf(cmd)))
			}
			if a.format != "text" {
				a.stdout = a.gate
			}
			return a.beginReports(reportsOf(cmd))
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(&report.Screen{W: a.stdout})
	root.SetErr(&report.Screen{W: a.stderr})
	flags := root.PersistentFlags()
	flags.StringVar(&a.format, "format", "text", "`FORM` of the result on standard output: text or json; some verbs have more")
	flags.StringVar(&a.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "no progress on standard error")
	flags.StringVar(&a.configFile, "config", "", "configuration `FILE` (default .lsmpatch.toml of this folder, where there is one)")
	flags.BoolVar(&a.noLandlock, "no-landlock", false, "keep all rights in verbs that only read; see doctor")
	must(root.RegisterFlagCompletionFunc("format", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return append([]string{"text", "json"}, formsOf(cmd)...), cobra.ShellCompDirectiveNoFileComp
	}))
	fixed(root, "color", "auto", "always", "never")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if cmd.Flags().Lookup("report") != nil {
			err = errors.Join(err, a.beginReports(wordsOf(a.args, "--report")))
		}
		return hint.Wrap(err, fmt.Sprintf("%s --help lists the flags", cmd.CommandPath()))
	})
	root.AddCommand(a.commands()...)
	return root
}

// commands returns the verbs; where the command line starts with one, that alone: to make the flags of all takes longer than
// many a verb.
func (a *app) commands() []*cobra.Command {
	verbs := []struct {
		name string
		make func() *cobra.Command
	}{
		{"fetch", a.fetchCommand}, {"series", a.seriesCommand}, {"apply", a.applyCommand}, {"checkpatch", a.checkpatchCommand},
		{"hooks", a.hooksCommand}, {"configure", a.configureCommand}, {"build", a.buildCommand}, {"cache", a.cacheCommand},
		{"toolchain", a.toolchainCommand}, {"boot", a.bootCommand}, {"premerge", a.premergeCommand}, {"patchset", a.patchsetCommand},
		{"doctor", a.doctorCommand}, {"recover", a.recoverCommand}, {"stack", a.stackCommand}, {"man", a.manCommand},
		{"hook", a.hookCommand}, {"review", a.reviewCommand}, {"plan", a.planCommand}, {"work", a.workCommand},
		{"report", a.reportCommand}, {"serve", a.serveCommand},
	}
	var made []*cobra.Command
	for _, verb := range verbs {
		if len(a.args) > 0 && a.args[0] == verb.name {
			return []*cobra.Command{verb.make()}
		}
	}
	for _, verb := range verbs {
		made = append(made, verb.make())
	}
	return made
}

// fixed lets the shell complete the values of a flag.
func fixed(cmd *cobra.Command, flag string, values ...string) {
	completed(cmd, flag, func() []string { return values })
}

// completed is fixed for values that take a moment to list.
func completed(cmd *cobra.Command, flag string, values func() []string) {
	must(cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	}))
}

// must ends the process where a flag is not defined: a mistake in this package.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// namedTrees returns the values of a verb's flag --tree.
func namedTrees(cmd *cobra.Command) []string {
	flag := cmd.Flags().Lookup("tree")
	if flag == nil || !flag.Changed {
		return nil
	}
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{flag.Value.String()}
}

func (a *app) checkFlags(cmd *cobra.Command) error {
	if forms := formsOf(cmd); a.format != "text" && a.format != "json" && !slices.Contains(forms, a.format) {
		return fmt.Errorf("--format %s: %s", a.format, strings.Join(append([]string{"text", "json"}, forms...), ", "))
	}
	switch a.color {
	case "auto", "always", "never":
		return nil
	}
	return fmt.Errorf("--color %s: auto, always or never", a.color)
}

// emit writes a verb's result: v as JSON, or what text writes.
func (a *app) emit(v any, text func(w io.Writer, opts *report.TextOptions) error) error {
	if a.format == "json" {
		return report.WriteJSON(a.stdout, v)
	}
	return a.show(text)
}

// useColor decides once whether standard output gets colour.
func (a *app) useColor() bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(a.stdout)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// noteln tells a person something on standard error, beside the result.
func (a *app) noteln(format string, args ...any) {
	if !a.quiet {
		complain(a.stderr, "lsmpatch: ", fmt.Sprintf(format, args...))
	}
}

// warnln is noteln, also where a person wants to be told little: of what was not looked at.
func (a *app) warnln(format string, args ...any) {
	fmt.Fprintf(a.stderr, "lsmpatch: "+format+"\n", args...)
}

// version returns the module version, or the commit that the binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := strings.TrimPrefix(info.Main.Version, "(devel)")
	if v == "" {
		v = "devel"
	}
	return v
}
