// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// checkpatchFlags are the flags of the verb, named as those of scripts/checkpatch.pl.
type checkpatchFlags struct {
	checkpatch.Options
	dir, rev       string
	noTree         bool
	explain        string
	listTypes      bool
	patches        bool
	file, git      bool
	fixInplace     bool
	style          checkpatch.Style
	debug          []string
	ignoredVersion bool
}

// add defines the flags of the verb on flags.
func (f *checkpatchFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "tree", "", "Linux tree `DIR` whose lists and script count (default the current folder, where it is one)")
	flags.StringVar(&f.dir, "root", "", "the same as --tree `DIR`")
	flags.StringVar(&f.rev, "rev", "", "revision `REV` of it (default HEAD)")
	flags.BoolVar(&f.noTree, "no-tree", false, "take the lists of the newest kernel that lsmpatch knows")
	flags.StringVar(&f.Engine, "engine", "", "`ENGINE`: auto, native or tree (default auto)")
	flags.BoolVar(&f.NoSandbox, "no-sandbox", false, "run the tree's script with your own rights")
	flags.BoolVar(&f.Corrected, "corrected", false, "report what the script means to where it has a mistake (DIFFERENCES.md lists the places)")
	flags.BoolVar(&f.Strict, "strict", false, "matters of taste as well")
	flags.BoolVar(&f.Strict, "subjective", false, "the same as --strict")
	flags.StringSliceVar(&f.Types, "types", nil, "report only these `TYPES`")
	flags.StringSliceVar(&f.Ignore, "ignore", nil, "do not report these `TYPES`")
	flags.BoolVar(&f.NoSignoff, "no-signoff", false, "leave Signed-off-by lines alone")
	flags.BoolVar(&f.NoFixesTag, "no-fixes-tag", false, "do not ask for a Fixes: tag")
	flags.Var(&atLeast{&f.MaxLineLength, 1}, "max-line-length", "`COLUMNS` of a line (default 100)")
	flags.IntVar(&f.MinConfDescLength, "min-conf-desc-length", 0, "`LINES` of a Kconfig help text (default 4)")
	flags.Var(&atLeast{&f.TabSize, 2}, "tab-size", "`COLUMNS` of a tab (default 8)")
	flags.BoolVar(&f.Codespell, "codespell", false, "use the dictionary of codespell as well")
	flags.StringVar(&f.CodespellFile, "codespellfile", "", "the dictionary `FILE` (default where codespell has it)")
	flags.StringVar(&f.TypedefsFile, "typedefsfile", "", "`FILE` of further names of types, one a line")
	flags.StringVar(&f.KconfigPrefix, "kconfig-prefix", "", "`WORD` that Kconfig symbols start with (default CONFIG_)")
	flags.BoolVar(&f.SPDXCxxComments, "spdx-cxx-comments", false, "allow // for the licence of headers and assembly, too")
	flags.StringVar(&f.TestOnly, "test-only", "", "report only what has `WORD` in its message or line")
	flags.BoolVar(&f.listTypes, "list-types", false, "list all types")
	flags.StringVar(&f.explain, "explain", "", "explain a `TYPE`: the rule, its origin, an example")
	f.addScript(flags)
}

// An atLeast is the value of a flag that is a number, and not under least: 0 is not given.
type atLeast struct {
	number *int
	least  int
}

func (v *atLeast) String() string {
	if v.number == nil {
		return ""
	}
	return strconv.Itoa(*v.number)
}

// Type names the value, as pflag wants it.
func (v *atLeast) Type() string { return "int" }

// Set takes the value from the command line.
func (v *atLeast) Set(text string) error {
	number, err := strconv.Atoi(text)
	if err != nil || number < v.least {
		return fmt.Errorf("a number from %d is wanted", v.least)
	}
	*v.number = number
	return nil
}

// addScript defines the flags that put the verb in the script's place.
func (f *checkpatchFlags) addScript(flags *pflag.FlagSet) {
	flags.BoolVar(&f.patches, "patch", false, "the arguments are patches: the script's default")
	flags.BoolVarP(&f.file, "file", "f", false, "the arguments are files, or folders of files, not patches")
	flags.BoolVarP(&f.git, "git", "g", false, "the arguments are commits of the tree: REV, A..B, or REV-COUNT")
	flags.BoolVar(&f.style.Terse, "terse", false, "one line a finding")
	flags.BoolVar(&f.style.Emacs, "emacs", false, "begin with file:line: as compilers do")
	flags.BoolVar(&f.style.ShowFile, "showfile", false, "name places in the files that a patch changes, not in the patch")
	flags.BoolVar(&f.style.ShowTypes, "show-types", false, "name the type of each finding")
	flags.BoolVarP(&f.style.Verbose, "verbose", "v", false, "tell of the first finding of each type why it matters")
	flags.BoolVar(&f.style.NoSummary, "no-summary", false, "no line of totals for each input")
	flags.BoolVar(&f.style.SummaryFile, "summary-file", false, "name the input in its line of totals")
	flags.BoolVar(&f.style.Mailback, "mailback", false, "write only of patches with findings")
	flags.BoolVar(&f.style.NoPatch, "no-patch", false, "write nothing of what is no patch")
	flags.BoolVar(&f.Fix, "fix", false, "write what can be fixed to FILE.EXPERIMENTAL-checkpatch-fixes")
	flags.BoolVar(&f.fixInplace, "fix-inplace", false, "the same, over the file itself")
	// These are about the script's own working, and mean nothing here.
	flags.StringArrayVar(&f.debug, "debug", nil, "taken, and ignored")
	flags.BoolVar(&f.ignoredVersion, "ignore-perl-version", false, "taken, and ignored")
	addScriptNegations(flags)
}

// addScriptNegations defines the hidden flags that turn others off, and the script's other spellings of some. Of a flag and its opposite the
// last counts.
func addScriptNegations(flags *pflag.FlagSet) {
	also := func(name, usual, value string) {
		flags.BoolFunc(name, "", func(string) error { return flags.Set(usual, value) })
		hide(flags, name)
	}
	for _, name := range []string{"strict", "subjective", "codespell", "file", "git", "terse", "emacs", "showfile", "show-types", "verbose", "summary-file",
		"mailback", "fix", "fix-inplace"} {
		also("no-"+name, name, "false")
		also("no"+name, name, "false")
	}
	for _, name := range []string{"signoff", "fixes-tag", "summary", "tree", "patch"} {
		also("no"+name, "no-"+name, "true")
	}
}

func hide(flags *pflag.FlagSet, name string) {
	if err := flags.MarkHidden(name); err != nil {
		panic(err) // the flag is not defined: a mistake in this package
	}
}

// standsIn reports whether the flags are those of a job made for the script.
func (f *checkpatchFlags) standsIn() bool {
	plain := checkpatch.Style{}
	return f.patches || f.file || f.git || f.Fix || f.fixInplace || f.style != plain
}

// conflict reports flags that do not go together.
func (f *checkpatchFlags) conflict() error {
	switch {
	case f.git && (f.file || f.Fix || f.fixInplace):
		return errors.New("--git goes neither with --file nor with --fix")
	case f.style.Verbose && f.style.Terse:
		return errors.New("--verbose does not go with --terse")
	case f.Fix && f.Engine == checkpatch.EngineTree:
		return errors.New("--fix takes the native engine")
	}
	return nil
}

// readConf takes what a .checkpatch.conf says where the command line does not. The script looks for one in
// $CHECKPATCH_CONFIG_DIR, the current folder, $HOME and .scripts.
//
// That of a tree with a script of its own may have options that only this script knows, and a --no-tree, since it is none of
// Linux: the script gets them, wherever it is asked. What nobody heeds, as the user wants no tree, is told.
func (f *checkpatchFlags) readConf(cmd *cobra.Command, tell func(format string, args ...any)) error {
	text, name := findConf()
	if text == nil {
		return nil
	}
	var conf checkpatchFlags
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	conf.add(flags)
	flags.AddFlagSet(cmd.Root().PersistentFlags())
	words, ofTree := checkpatch.ConfWords(text), name == checkpatchConf && isChecked(below.FS(".")) == nil
	if ofTree {
		known, foreign := knownWords(words)
		if words = known; f.noTree && len(foreign) > 0 {
			tell("%s has options that only the script of its tree knows, and --no-tree has nobody heed: %s", name, strings.Join(foreign, " "))
		}
	}
	words, _, err := scriptWords(words)
	if err == nil {
		err = flags.Parse(words)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var failed error
	flags.Visit(func(flag *pflag.Flag) {
		if ofTree && flag.Name == "no-tree" {
			return
		}
		own := cmd.Flags().Lookup(flag.Name)
		list, isList := own.Value.(pflag.SliceValue)
		switch {
		case isList:
			more, _ := flag.Value.(pflag.SliceValue)
			failed = errors.Join(failed, list.Replace(append(more.GetSlice(), list.GetSlice()...)))
		case !own.Changed:
			failed = errors.Join(failed, own.Value.Set(flag.Value.String()))
		}
	})
	return failed
}

// knownWords splits the words of a .checkpatch.conf into those that the scripts of Linux know, and the others.
func knownWords(words []string) (known, foreign []string) {
	into := &known
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
			into = &known
			if _, ok := scriptOptions[strings.ToLower(name)]; !ok {
				into = &foreign
			}
		}
		*into = append(*into, w)
	}
	return known, foreign
}

// checkpatchConf is where a tree keeps options of the script for everybody.
const checkpatchConf = ".checkpatch.conf"

// findConf returns the .checkpatch.conf that the script would read, and its name, or nil.
func findConf() (text []byte, name string) {
	for _, dir := range []string{os.Getenv("CHECKPATCH_CONFIG_DIR"), ".", os.Getenv("HOME"), ".scripts"} {
		if dir == "" {
			continue
		}
		name := filepath.Join(dir, checkpatchConf)
		if text, err := readConfFile(dir); err == nil {
			return text, name
		}
	}
	return nil, ""
}

// readConfFile reads the .checkpatch.conf of a folder. The folder where we are may be the tree under test, from which
// no link leads elsewhere; what is in the user's own folders he may have linked to.
func readConfFile(dir string) ([]byte, error) {
	if filepath.IsAbs(dir) {
		return below.ReadFile(filepath.Join(dir, checkpatchConf), below.MaxFile)
	}
	return fs.ReadFile(below.FS(dir), checkpatchConf)
}

// open opens the tree that the flags name, or returns nil, and completes the options.
func (f *checkpatchFlags) open() (*tree.Tree, error) {
	f.Fix = f.Fix || f.fixInplace
	dir := f.dir
	if dir == "" && !f.noTree && isChecked(below.FS(".")) == nil {
		dir = "."
	}
	if dir == "" || f.noTree {
		if f.git {
			return nil, errors.New("--git takes commits of a tree: name it with --tree")
		}
		return nil, nil
	}
	t, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	if f.Tree, err = t.Snapshot(f.rev); err != nil {
		t.Close()
		return nil, err
	}
	if err := isChecked(f.Tree); err != nil {
		t.Close()
		return nil, err
	}
	if t.IsGit() {
		f.GitDir = t.Repo.GitDir
		f.CacheDir, f.TreeID = checkpatchCache(), treeID(f.Tree)
		f.Commits = func(abbrev string) (name, subject string, known bool) {
			commit, err := t.Commit(abbrev)
			if err != nil {
				return "", "", false
			}
			return string(commit.Hash), commit.Subject(), true
		}
	}
	return t, nil
}

// checkpatchCache is where lists of trees are kept, or "".
func checkpatchCache() string {
	user, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(user, "lsmpatch", "checkpatch")
}

// kept returns the folder of the cache, if there is one, and makes it.
func (f *checkpatchFlags) kept() []string {
	if f.CacheDir == "" || os.MkdirAll(f.CacheDir, 0o700) != nil {
		return nil
	}
	return []string{f.CacheDir}
}

// treeID returns what tells the object names of the files and folders of a commit. A link has none: its name does not tell
// what it leads to.
func treeID(files fs.FS) func(dir string) string {
	commit, ok := files.(*tree.GitFS)
	if !ok {
		return nil
	}
	return func(dir string) string {
		entry, err := commit.Find(dir)
		if err != nil || entry.Mode == filemode.Symlink {
			return ""
		}
		return hex.EncodeToString(entry.ID)
	}
}

// isChecked returns nil where the files are those of a Linux tree, or of another that has a script of its own: U-Boot, QEMU
// and others have forked it.
func isChecked(files fs.FS) error {
	if info, err := fs.Stat(files, "scripts/checkpatch.pl"); err == nil && info.Mode().IsRegular() {
		return nil
	}
	return tree.IsLinux(files)
}

// lists tells of lists that were asked for and cannot be read: the check goes on without them.
func (f *checkpatchFlags) lists() []string {
	var missing []string
	if f.Codespell && f.CodespellFile == "" {
		f.CodespellFile = findCodespell()
	}
	for _, file := range []string{f.CodespellFile, f.TypedefsFile} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, file)
		}
	}
	return missing
}

// findCodespell returns where codespell has its dictionary: where Debian puts it, or in Python's packages.
func findCodespell() string {
	const debian = "/usr/share/codespell/dictionary.txt"
	for _, pattern := range []string{debian, "/usr/lib/python3*/*-packages/codespell_lib/data/dictionary.txt",
		"/usr/local/lib/python3*/*-packages/codespell_lib/data/dictionary.txt",
		filepath.Join(os.Getenv("HOME"), ".local/lib/python3*/site-packages/codespell_lib/data/dictionary.txt"),
		filepath.Join(os.Getenv("VIRTUAL_ENV"), "lib/python3*/site-packages/codespell_lib/data/dictionary.txt")} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	return debian
}

// isTracked reports whether the tree has a file of this name, as it is named from its top: the script then takes the
// argument for a file, not for a patch.
func (f *checkpatchFlags) isTracked(name string) bool {
	if f.Tree == nil || f.Commits == nil || !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(f.Tree, name)
	return err == nil && info.Mode().IsRegular()
}
