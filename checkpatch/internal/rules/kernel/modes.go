// SPDX-License-Identifier: GPL-2.0-only

package kernel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// modeBits are the names of permissions.
var modeBits = map[string]int{
	"S_IRWXU": 0o700, "S_IRUSR": 0o400, "S_IWUSR": 0o200, "S_IXUSR": 0o100,
	"S_IRWXG": 0o070, "S_IRGRP": 0o040, "S_IWGRP": 0o020, "S_IXGRP": 0o010,
	"S_IRWXO": 0o007, "S_IROTH": 0o004, "S_IWOTH": 0o002, "S_IXOTH": 0o001,
	"S_IRWXUGO": 0o777, "S_IRUGO": 0o444, "S_IWUGO": 0o222, "S_IXUGO": 0o111,
}

const modeName = `(?:S_IRWXUGO|S_IRUGO|S_IWUGO|S_IXUGO|S_IRWX[UGO]|S_I[RWX](?:USR|GRP|OTH))`

var (
	patModeWord   = syntax.Compile(`\b(` + modeName + `)\b(?:\s*\|\s*)?\s*`)
	patModeNames  = syntax.Compile(`\b(` + modeName + `(?:\s*\|\s*` + modeName + `)*)\b`)
	patModeOctal  = lazyregexp.New(`^\s*0[0-7]{3,3}\s*$`)
	patDeviceAttr = syntax.Compile(`\bDEVICE_ATTR\s*\(\s*(\w+)\s*,\s*\(?\s*(\s*(?:` + modeName + `(?:\s*\|\s*` + modeName + `)*|0[0-7]{3,3})\s*)\s*\)?\s*,\s*(\w+)\s*,\s*(\w+)\s*\)`)
)

// octalMode returns the permissions that text names as four octal digits.
func octalMode(c *engine.Checker, text string) string {
	if patModeOctal.MatchString(text) {
		return lines.TrimSpace(text)
	}
	mode, last := 0, 0
	c.M.All(patModeWord, text, func(loc []int) bool {
		if last > 0 && loc[0] != last {
			return false
		}
		last = loc[1]
		mode |= modeBits[text[loc[2]:loc[3]]]
		return true
	})
	return fmt.Sprintf("%04o", mode)
}

func checkSymbolicModes(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	var names []string
	c.M.All(patModeNames, text, func(loc []int) bool {
		names = append(names, text[loc[2]:loc[3]])
		return true
	})
	for _, name := range names {
		octal := octalMode(c, name)
		if r.Fire(c, fmt.Sprintf("write %s for %s", octal, name)) {
			c.FixLine(func(line string) string { return strings.Replace(line, name, octal, 1) })
		}
	}
}

// checkDeviceAttr wants DEVICE_ATTR_RW, _RO and _WO where they do.
func checkDeviceAttr(c *engine.Checker, r *engine.Rule) {
	if !c.StatementHas("DEVICE_ATTR") {
		return
	}
	m := c.M.Groups(patDeviceAttr, c.Stmt.Text)
	if m == nil {
		return
	}
	name, show, store := m[1], m[3], m[4]
	mode := octalMode(c, m[2])
	prefer := func(macro string) {
		if c.Report(macro, r.Severity, fmt.Sprintf("write %s(%s)", macro, name)) {
			c.FixLine(func(line string) string { return strings.Replace(line, lines.TrimSpace(m[0]), macro+"("+name+")", 1) })
		}
	}
	switch {
	case show == name+"_show" && store == name+"_store" && mode == "0644":
		prefer("DEVICE_ATTR_RW")
	case show == name+"_show" && store == "NULL" && mode == "0444":
		prefer("DEVICE_ATTR_RO")
	case show == "NULL" && store == name+"_store" && mode == "0200":
		prefer("DEVICE_ATTR_WO")
	case mode == "0644" || mode == "0444" || mode == "0200":
		c.Report("DEVICE_ATTR_FUNCTIONS", r.Severity, fmt.Sprintf("name the functions %s_show and %s_store", name, name))
	default:
		c.Report("DEVICE_ATTR_PERMS", r.Severity, "")
	}
}

// A modeFunction takes permissions as its nth argument.
type modeFunction struct {
	call    *pattern.Pattern
	arg     int // the number of the capture
	zeroOK  bool
	keyword string // a part of all its names
}

var modeFunctions = []modeFunction{
	modeCall("module_param", 3), modeCall("module_param_(?:array|named|string)", 4), modeCall("module_param_array_named", 5),
	modeCall("debugfs_create_(?:file|u8|u16|u32|u64|x8|x16|x32|x64|size_t|atomic_t|bool|blob|regset32|u32_array)", 2),
	modeCall("proc_create(?:_data|)", 2), modeCall("(?:CLASS|DEVICE|SENSOR|SENSOR_DEVICE|IIO_DEVICE)_ATTR", 2),
	modeCall("IIO_DEV_ATTR_[A-Z_]+", 1), modeCall("SENSOR_(?:DEVICE_|)ATTR_2", 2), modeCall("SENSOR_TEMPLATE(?:_2|)", 3),
	modeCall("__ATTR", 2),
}

func modeCall(name string, nth int) modeFunction {
	skip, arg := "", 1
	if nth > 1 {
		skip = fmt.Sprintf(`(?:\s*{arg}\s*,\s*){%d}`, nth-1)
		arg = 5
	}
	f := modeFunction{
		call:   syntax.Compile(`\b` + name + `\s*\(` + skip + `({arg}(?:\|\s*{arg})*)\s*[,\)]`),
		arg:    arg,
		zeroOK: strings.HasPrefix(name, "module_param") || strings.HasPrefix(name, "proc_create"),
	}
	f.keyword = name[:strings.IndexAny(name+"(", "([")]
	return f
}

var (
	patModeCall  = syntax.Compile(`(?:module_param|debugfs_create_(?:file|u8|u16|u32|u64|x8|x16|x32|x64|size_t|atomic_t|bool|blob|regset32)|proc_create|(?:CLASS|DEVICE|SENSOR)_ATTR|IIO_DEV_ATTR_[A-Z_]+|IIO_DEVICE_ATTR|SENSOR_(?:DEVICE_|)ATTR_2|SENSOR_TEMPLATE|__ATTR)`)
	patModeInt   = syntax.Compile(`^{int}$`)
	patModeOct   = syntax.Compile(`^{octal}$`)
	modeKeywords = []string{"_param", "debugfs_create", "proc_create", "ATTR", "SENSOR_TEMPLATE"}
)

// checkModes wants permissions in four octal digits, and nothing that everybody may write.
func checkModes(c *engine.Checker, r *engine.Rule) {
	if !c.Stmt.Known || !lines.ContainsOne(c.Line.Text, modeKeywords) || !c.M.Match(patModeCall, c.Line.Text) {
		return
	}
	for i := range modeFunctions {
		f := &modeFunctions[i]
		if f.keyword != "" && !strings.Contains(c.Stmt.Text, f.keyword) {
			continue
		}
		m := c.M.Groups(f.call, c.Stmt.Text)
		if m == nil {
			continue
		}
		value := m[f.arg]
		octal := c.M.Match(patModeOct, value)
		if !(f.zeroOK && value == "0") && (c.M.Match(patModeInt, value) && !octal || octal && len(value) != 4) {
			r.Fire(c, "")
		}
		if n, err := strconv.ParseInt(value, 8, 64); octal && err == nil && n&2 != 0 {
			c.Report("EXPORTED_WORLD_WRITABLE", engine.Error, "")
		}
	}
}
