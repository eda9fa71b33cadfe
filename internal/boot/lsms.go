// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// knownIDs are those of include/uapi/linux/lsm.h.
var knownIDs = map[string]uint64{
	"capability": 100, "selinux": 101, "smack": 102, "tomoyo": 103, "apparmor": 104, "yama": 105, "loadpin": 106, "safesetid": 107,
	"lockdown": 108, "bpf": 109, "landlock": 110, "ima": 111, "evm": 112, "ipe": 113,
}

// judgeList holds the list of LSMs against lsm_list_modules(2), which has the same in the same
// order, and against the base's, where the series brings none.
func (m *machine) judgeList(r *Result) []report.Finding {
	var res []report.Finding
	if m.base.active != nil && len(m.opts.lsm()) == 0 && !slices.Equal(m.base.active, r.Active) {
		res = append(res, report.Finding{Check: checkList, Severity: report.Error,
			Message: fmt.Sprintf("the kernel lists the LSMs %s, that of the base %s", strings.Join(r.Active, ","), strings.Join(m.base.active, ",")),
			Hint:    "the series brings no LSM, so the list should stay as it is"})
	}
	ids := r.Facts.IDs
	if ids == nil || len(r.Active) == 0 {
		return res
	}
	if len(ids) != len(r.Active) {
		return append(res, report.Finding{Check: checkID, Severity: report.Error,
			Message: fmt.Sprintf("the kernel lists %s, and lsm_list_modules(2) has %d of them", strings.Join(r.Active, ","), len(ids))})
	}
	for i, name := range r.Active {
		switch want, known := knownIDs[name]; {
		case known && ids[i] != want:
			res = append(res, report.Finding{Check: checkID, Severity: report.Error,
				Message: fmt.Sprintf("lsm_list_modules(2) gives LSM %s the ID %d; in include/uapi/linux/lsm.h it has %d", name, ids[i], want)})
		case ids[i] == 0:
			res = append(res, report.Finding{Check: checkID, Severity: report.Note,
				Message: fmt.Sprintf("LSM %s has no ID: lsm_list_modules(2) gives LSM_ID_UNDEF for it", name),
				Hint:    "one that stays gets an LSM_ID_… in include/uapi/linux/lsm.h"})
		}
	}
	return res
}

// judgeProbes holds the ends of the probes against what was asked.
func (m *machine) judgeProbes(f *Facts) []report.Finding {
	var res []report.Finding
	for i, p := range m.opts.Probes {
		if i >= len(f.Probes) {
			return append(res, report.Finding{Check: checkProbe, Severity: report.Error,
				Message: fmt.Sprintf("probe %q was not made", p.Text)})
		}
		if got := syscall.Errno(f.Probes[i]); got != p.Want {
			res = append(res, report.Finding{Check: checkProbe, Severity: report.Error,
				Message: fmt.Sprintf("probe %q: %s, and should end with %s", p.Text, ended(got), errnoName(p.Want))})
		}
	}
	return res
}

func ended(e syscall.Errno) string {
	if e == 0 {
		return "it succeeds"
	}
	return "it ends with " + errnoName(e)
}

func errnoName(e syscall.Errno) string {
	if e == 0 {
		return "success"
	}
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return fmt.Sprintf("errno %d", int(e))
}
