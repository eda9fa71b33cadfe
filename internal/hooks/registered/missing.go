// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
)

// maxHistory bounds how many other states of the tree are read in search of a hook.
const maxHistory = 64

// unknownHook tells that a hook does not exist in the tree, and which may be meant: by what
// became of it since another state of the tree, else by its name.
func (c *Series) unknownHook(name string, pos ctype.Pos) {
	message := fmt.Sprintf("this tree has no hook %s", name)
	hint := ""
	if rev, then, became := c.past(name); then != nil {
		message += fmt.Sprintf("; %s had `%s`", rev, then.Prototype())
		if became != nil {
			hint = fmt.Sprintf("it is `%s` now (%s:%d)", became.Prototype(), became.File, became.Line)
		} else {
			hint = "it was removed since; its work has to be done elsewhere"
		}
	}
	if now := c.successor(name); hint == "" && now != nil {
		hint = fmt.Sprintf("it is `%s` now (%s:%d)", now.Prototype(), now.File, now.Line)
	}
	if like := alike(name, c.Hooks); hint == "" && len(like) > 0 {
		hint = "alike in this tree: " + strings.Join(like, ", ")
	}
	if hint == "" {
		hint = "see the hooks of the tree with: lsmpatch hooks list"
	}
	c.Add("hooks/unknown-hook", pos, message, hint)
}

// successors are what hooks became whose names tell it no more, oldest name first, for trees without a
// history to ask.
var successors = map[string]string{
	"bprm_set_creds":          "bprm_creds_for_exec",
	"bprm_secureexec":         "bprm_creds_from_file",
	"cred_getsecid":           "cred_getlsmprop",
	"current_getsecid_subj":   "current_getlsmprop_subj",
	"task_getsecid":           "task_getsecid_subj",
	"task_getsecid_subj":      "current_getsecid_subj",
	"task_getsecid_obj":       "task_getlsmprop_obj",
	"inode_getsecid":          "inode_getlsmprop",
	"ipc_getsecid":            "ipc_getlsmprop",
	"kernel_module_from_file": "kernel_read_file",
	"kernel_fw_from_file":     "kernel_read_file",
	"file_mmap":               "mmap_file",
	"task_create":             "task_alloc",
	"sb_copy_data":            "sb_eat_lsm_opts",
	"sb_parse_opts_str":       "fs_context_parse_param",
	"bpf_map_alloc_security":  "bpf_map_create",
	"bpf_map_free_security":   "bpf_map_free",
	"bpf_prog_alloc_security": "bpf_prog_load",
	"bpf_prog_free_security":  "bpf_prog_free",
}

// successor returns the hook of this tree that a hook of old became, or nil.
func (c *Series) successor(name string) *defs.Hook {
	for range len(successors) {
		if name = successors[name]; name == "" {
			return nil
		}
		if hooks := c.ByName[name]; len(hooks) > 0 {
			return hooks[0]
		}
	}
	return nil
}

// past looks for a hook in other states of the tree: which one had it, how, and what it is in
// this tree under another name, nil where it is nothing.
func (c *Series) past(name string) (rev string, then, became *defs.Hook) {
	if c.opts == nil || c.opts.History == nil {
		return "", nil, nil
	}
	n := 0
	for rev, tree := range c.opts.History {
		if n++; n > maxHistory {
			break
		}
		list, _, err := defs.List(tree)
		if err != nil {
			continue
		}
		if then = defs.Index(list)[name]; then == nil {
			continue
		}
		for _, change := range defs.DiffHooks(list, c.Hooks, c.Src.Headers) {
			if change.Kind == "renamed" && change.Old.Name == name {
				became = change.New
			}
		}
		return rev, then, became
	}
	return "", nil, nil
}

// alike returns up to three hooks whose names are like name, the likest first.
func alike(name string, hooks []defs.Hook) []string {
	type scored struct {
		text string
		dist int
	}
	var near []scored
	for i := range hooks {
		if d := likeness.Distance(name, hooks[i].Name); d <= max(2, len(name)/3) {
			near = append(near, scored{fmt.Sprintf("`%s` (%s:%d)", hooks[i].Prototype(), hooks[i].File, hooks[i].Line), d})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return a.dist - b.dist })
	var out []string
	for _, n := range near[:min(3, len(near))] {
		out = append(out, n.text)
	}
	return out
}

// otherUsers checks the LSMs that the series does not touch where it changes or removes hooks:
// they must follow.
func (c *Series) otherUsers() {
	if _, touched := c.Src.PatchOf[defs.DefsPath]; !touched || c.Src.Before == nil {
		return
	}
	old, _, err := defs.List(c.Src.Before)
	if err != nil {
		return
	}
	changed := map[string]bool{}
	for _, change := range defs.DiffHooks(old, c.Hooks, c.Src.Headers) {
		if change.Old != nil {
			changed[change.Old.Name] = true
		}
	}
	if len(changed) == 0 {
		return
	}
	for _, name := range c.lsmFiles() {
		u := c.Src.Unit(name)
		var concerned []Registration
		for _, r := range RegistrationsOf(c.Src, u) {
			if changed[r.Hook] {
				concerned = append(concerned, r)
				c.registration(&r)
			}
		}
		c.gatesOf(name, concerned)
	}
	for i := range c.Findings {
		if _, touched := c.Src.PatchOf[c.Findings[i].File]; !touched {
			c.Findings[i].Patch = c.Src.PatchOf[defs.DefsPath]
		}
	}
}

// lsmFiles returns the C files of the tree that register hooks and that the series does not touch.
func (c *Series) lsmFiles() []string {
	if c.others != nil {
		return c.others
	}
	names := []string{}
	for _, dir := range []string{"security", source.HelpersDir, source.OldHelpers} {
		err := fs.WalkDir(c.Src.Tree, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return skip(err)
			}
			_, touched := c.Src.PatchOf[name]
			if strings.HasSuffix(name, ".c") && !touched && bytes.Contains(c.Src.Read(name), []byte("LSM_HOOK_INIT")) {
				names = append(names, name)
			}
			return nil
		})
		if err != nil {
			continue // a tree without the folder has no such LSMs
		}
	}
	c.others = names
	return names
}

func skip(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.SkipDir
	}
	return err
}
