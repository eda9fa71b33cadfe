// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/ianlancetaylor/demangle"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Since 6.12 each LSM hook has a static call for each LSM that may take part, and the kernel's memory
// tells where it goes: DEFINE_LSM_STATIC_CALL of security/security.c names them, and the first word
// of a struct static_call_key (include/linux/static_call_types.h) is the function. With
// CONFIG_PROC_KCORE init reads these words, and with the symbols of vmlinux they have names. That
// shows which hooks are attached without a line in the log, of whatever LSM.

// A Hook is a function that the running kernel calls for an LSM hook.
type Hook struct {
	Hook     string `json:"hook"`
	Function string `json:"function"`
}

// A staticCall is that of a hook and one LSM.
type staticCall struct {
	hook string
	key  uint64 // its address
	// names are the functions of the kernel by address; the same for all.
	names map[uint64]string
}

const callPrefix = "__SCK__lsm_static_call_"

// staticCalls returns the static calls of the LSM hooks of a vmlinux, nil where that is "" or has none.
func staticCalls(vmlinux string) ([]staticCall, error) {
	if vmlinux == "" {
		return nil, nil
	}
	file, err := below.OpenFile(vmlinux)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	f, err := elf.NewFile(file)
	if err != nil {
		return nil, nil // that traces cannot be decoded says so
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, nil
	}
	names := map[uint64]string{}
	var res []staticCall
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			names[s.Value] = s.Name
		}
		if rest, ok := strings.CutPrefix(s.Name, callPrefix); ok {
			if i := strings.LastIndexByte(rest, '_'); i > 0 {
				res = append(res, staticCall{hook: rest[:i], key: s.Value})
			}
		}
	}
	slices.SortFunc(res, func(a, b staticCall) int { return cmp.Or(cmp.Compare(a.hook, b.hook), cmp.Compare(a.key, b.key)) })
	for i := range res {
		res[i].names = names
	}
	if len(res) > maxPeeks {
		res = res[:maxPeeks]
	}
	return res, nil
}

// maxPeeks is how many addresses fit into the orders.
const maxPeeks = 1500

// attached reads the words that init saw.
func (m *machine) attached(f *Facts) []Hook {
	if len(m.calls) == 0 || len(f.Peeks) != len(m.calls) {
		return nil
	}
	res := []Hook{}
	for i, c := range m.calls {
		if f.Peeks[i] == 0 {
			continue
		}
		name, ok := c.names[uint64(f.Peeks[i])]
		if !ok {
			name = fmt.Sprintf("%#x", uint64(f.Peeks[i]))
		}
		res = append(res, Hook{c.hook, demangle.Filter(name, demangle.NoClones)})
	}
	return res
}

// judgeHooks says which hooks of the series go to no function that the base does not have there.
func (m *machine) judgeHooks(r *Result) []report.Finding {
	if r.Facts.Peeks != nil { // they are read once, however often a boot is judged
		r.Hooks, r.Facts.Peeks = m.attached(r.Facts), nil
	}
	if r.Hooks == nil {
		return nil
	}
	own := func(h Hook) bool { return !slices.Contains(m.base.hooks, h) }
	var res []report.Finding
	for _, hook := range m.opts.Hooks {
		known := slices.ContainsFunc(m.calls, func(c staticCall) bool { return c.hook == hook })
		if known && !slices.ContainsFunc(r.Hooks, func(h Hook) bool { return h.Hook == hook && own(h) }) {
			res = append(res, report.Finding{Check: checkDetached, Severity: report.Error,
				Message: fmt.Sprintf("hook %s is registered by the series, and the running kernel calls nothing of it there", hook),
				Hint:    "security_add_hooks() was not reached with it, or another LSM's order left no room"})
		}
	}
	ours := func(h Hook) bool { return slices.Contains(m.opts.AnyHook, h.Hook) && own(h) }
	if len(m.opts.AnyHook) > 0 && m.base.hooks != nil && !slices.ContainsFunc(r.Hooks, ours) {
		res = append(res, report.Finding{Check: checkDetached, Severity: report.Error,
			Message: "the running kernel calls nothing of the series for any LSM hook: not for " + strings.Join(m.opts.AnyHook, ", "),
			Hint:    "security_add_hooks() was not reached, or with an empty table"})
	}
	return res
}
