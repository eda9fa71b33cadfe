// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"cmp"
	"io/fs"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/internal/below"
)

// tree returns the files of the tree, or nil where there is none.
func (o *Options) tree() fs.FS {
	if o.Root != "" {
		return below.FS(o.Root)
	}
	return o.Tree
}

// cache returns where lists of the tree are kept.
func (o *Options) cache() *lists.Cache { return &lists.Cache{Dir: o.CacheDir, ID: o.TreeID} }

// scriptArgs returns the options of the script that say what o says.
func (o *Options) scriptArgs() []string {
	var args []string
	add := func(on bool, arg string) {
		if on {
			args = append(args, arg)
		}
	}
	add(o.Strict, "--strict")
	add(o.NoSignoff, "--no-signoff")
	add(len(o.Types) > 0, "--types="+strings.Join(o.Types, ","))
	add(len(o.Ignore) > 0, "--ignore="+strings.Join(o.Ignore, ","))
	add(o.MaxLineLength > 0, "--max-line-length="+strconv.Itoa(o.MaxLineLength))
	add(o.MinConfDescLength != 0, "--min-conf-desc-length="+strconv.Itoa(o.MinConfDescLength))
	add(o.TabSize > 0, "--tab-size="+strconv.Itoa(o.TabSize))
	add(o.Codespell, "--codespell")
	add(o.NoFixesTag, "--no-fixes-tag")
	add(o.KconfigPrefix != "", "--kconfig-prefix="+o.KconfigPrefix)
	add(o.SPDXCxxComments, "--spdx-cxx-comments")
	add(o.TestOnly != "", "--test-only="+o.TestOnly)
	return args
}

// codespellFile returns the dictionary that is asked for, beside that of the tree, or "".
func (o *Options) codespellFile(named treeLists) string {
	if o.CodespellFile == "" && o.Codespell && named.codespell == nil {
		return "/usr/share/codespell/dictionary.txt"
	}
	return o.CodespellFile
}

// readList reads a list that the user named; where he named none it is that of the tree. One that cannot be read is
// none.
func readList(file string, ofTree []byte) []byte {
	if file == "" {
		return ofTree
	}
	text, err := below.ReadNamed(file, below.MaxFile)
	if err != nil {
		return nil
	}
	return text
}

func newSettings(o *Options) *engine.Settings {
	s := &engine.Settings{
		Strict: o.Strict, NoSignoff: o.NoSignoff, Fix: o.Fix, Corrected: o.Corrected, Types: engine.TypeSet(o.Types), Ignore: engine.TypeSet(o.Ignore),
		MaxLine: cmp.Or(o.MaxLineLength, 100), Tab: max(cmp.Or(o.TabSize, 8), 2),
		MinDescription: cmp.Or(o.MinConfDescLength, 4), Commits: o.Commits,
	}
	s.NoFixesTag, s.CxxLicense, s.TestOnly = o.NoFixesTag, o.SPDXCxxComments, o.TestOnly
	s.Kconfig = cmp.Or(o.KconfigPrefix, "CONFIG_")
	s.KeepC99 = s.Ignore["C99_COMMENT_TOLERANCE"]
	return s
}
