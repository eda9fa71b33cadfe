// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The checks that others than this package name.
const (
	CheckPanic     = "boot/panic"
	CheckInitDied  = "boot/init-died"
	CheckRustPanic = "boot/rust-panic"
	CheckOops      = "boot/oops"
)

// A place says where in a frame the function to look at stands.
type place int

const (
	inTrace  place = iota // the first of the call trace that is no helper
	inHead                // the group fn of the head; in the trace where that is a helper
	inRegs                // the instruction pointer; in the trace where that is in a helper
	inStall               // the interrupted instruction pointer, on whatever CPU
	inAt                  // lockdep's "at: fn+0x…", which took the lock
	inIRQ                 // who takes the lock in an interrupt; else as inAt
	inSecond              // the trace behind "stack backtrace:"
	inBody                // the trace right behind the head, which has no title
	inDepth               // what the kernel was asked to do, for a stack that is used up
	inWait                // what a task waits in
	inCaller              // "caller is fn+0x…", "last function: fn"
	inFlight              // the work that the kernel says to be at, or nowhere
	inOwner               // who allocated the page, where the kernel knows; else in the trace
	nowhere               // the kernel's words say it all
)

// A role says how a head stands to the frame before it.
type role int

const (
	alone role = iota
	// lead is a head that some more of the same fault follow, before the registers come: the text
	// of a WARN, or the address of an oops.
	lead
	// body is a head that belongs to a lead, where there is one.
	body
	// end is the panic in which a fault ends.
	end
	// aside is told only where nothing was told before it.
	aside
)

// A kind is a head of a report. Of its pattern the groups what, fn, file and line are used.
type kind struct {
	check string
	role  role
	place place
	// word must be in the line, which is cheaper to ask than the pattern.
	word  string
	re    *lazyregexp.Regexp
	title string // WHAT stands for the group what, SAID for the line before
	hint  string
	// sums is a word of other reports that this one sums up or follows from: beside one of them it is not told.
	sums string
}

// The pieces of %pS, %pB and %ps, and of a path of the source.
const (
	fn   = `(?:\[<[0-9a-f]+>\] )?(?P<fn>[A-Za-z_.$][\w.$]*|0x[0-9a-f]+)(?:\+0x[0-9a-f]+)?(?:/0x[0-9a-f]+)?`
	path = `(?P<file>[\w./+-]*?[\w+-]+\.(?:c|h|S|rs)):(?P<line>\d+)`
)

func k(check string, r role, p place, word, pattern, title string) kind {
	return kind{check: check, role: r, place: p, word: word, re: lazyregexp.New(pattern), title: title}
}

func sum(sums string, k kind) kind {
	k.sums = sums
	return k
}

// lockdepWord is the group of a report of lockdep, in the form of 4.x and in that since.
const lockdepWord = `(?:^WARNING: |^INFO: |^\[ (?:INFO|BUG): |^BUG: )`

// kinds are the heads, the more special before the more general.
var kinds = [...]kind{
	// kernel/exit.c, init/main.c and kernel/panic.c.
	{CheckInitDied, end, nowhere, "not syncing", lazyregexp.New(`Kernel panic - not syncing: (?P<what>Attempted to kill init!.*)`), "init died: WHAT",
		"the kernel's log above tells why: a hook that refuses init's system calls, or an option that init needs", ""},
	{CheckInitDied, alone, nowhere, "not syncing", lazyregexp.New(`Kernel panic - not syncing: (?P<what>No working init found.*|Requested init .* failed.*)`),
		"init could not be started: WHAT", "the kernel needs CONFIG_BINFMT_ELF and CONFIG_64BIT, and a hook must not refuse the start", ""},
	{CheckPanic, alone, nowhere, "not syncing", lazyregexp.New(`Kernel panic - not syncing: (?P<what>VFS: Unable to mount root fs.*)`), "kernel panic: WHAT",
		"the kernel found no /init in its initramfs: it needs CONFIG_BLK_DEV_INITRD", ""},
	k(CheckPanic, alone, inHead, "not syncing", `Kernel panic - not syncing: (?P<what>stack-protector: Kernel stack is corrupted) in: `+fn, "kernel panic: WHAT"),
	k(CheckPanic, alone, inDepth, "not syncing", `Kernel panic - not syncing: (?P<what>corrupted (?:shadow )?stack(?: end detected inside scheduler)?)`, "kernel panic: WHAT"),
	// arch/um/kernel/trap.c.
	k(CheckOops, alone, inRegs, "not syncing", `Kernel panic - not syncing: (?P<what>Kernel mode fault|Segfault with no mm|Kernel tried to access user memory)`, "kernel panic: WHAT"),
	k(CheckPanic, end, inTrace, "not syncing", `Kernel panic - not syncing: (?P<what>.*)`, "kernel panic: WHAT"),
	k(CheckPanic, lead, inRegs, "PANIC:", `PANIC: (?P<what>early exception 0x[0-9a-f]+|double fault|invalid or fatal FRED event)`, "PANIC: WHAT"),

	// rust/kernel/lib.rs; the panic handler ends in BUG().
	// Up to 6.6 the message stands before the place, in quotes.
	k(CheckRustPanic, lead, inTrace, "panicked at", `^rust_kernel: panicked at (?:'(?P<said>.*)', )?`+path, "Rust panic"),

	// kernel/cfi.c, and ENDBR of arch/x86/kernel/cet.c.
	k("boot/cfi", alone, nowhere, "rewrite the CFI", `Something went horribly wrong trying to (?P<what>rewrite the CFI implementation)`, "CFI: could not WHAT"),
	{"boot/cfi", lead, inHead, "CFI failure", lazyregexp.New(`^CFI failure at ` + fn + `(?: \[[^\]]*\])? \(target: (?P<what>[\w.$]+)`), "CFI failure: WHAT is called as a function of another type",
		"the hook's signature is not that of its LSM_HOOK", ""},
	k("boot/cfi", lead, inHead, "CFI failure", `^(?:kCFI: )?CFI failure (?:at|\(target:) `+fn, "CFI failure"),
	k("boot/cfi", lead, inHead, "ENDBR", `(?:traps: )?Missing ENDBR: `+fn, "CFI failure (missing ENDBR)"),

	// Lockdep, by its frames: kernel/locking/lockdep.c.
	k("boot/lockdep", alone, inAt, "locking dependency", lockdepWord+`(?P<what>possible circular locking dependency) detected`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inIRQ, "lock order", lockdepWord+`(?P<what>\S+-safe -> \S+-unsafe lock order) detected`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "recursive locking", lockdepWord+`(?P<what>possible recursive locking) detected`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "inconsistent lock", lockdepWord+`(?P<what>inconsistent lock state)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "irq lock inversion", lockdepWord+`(?P<what>possible irq lock inversion dependency) detected`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "nvalid wait context", lockdepWord+`(?P<what>[Ii]nvalid wait context)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "ested lock", lockdepWord+`(?P<what>[Nn]ested lock was not taken)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inSecond, "bad ", lockdepWord+`(?P<what>bad (?:unlock balance|contention)) detected`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "held lock freed", lockdepWord+`(?P<what>held lock freed)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "still has locks held", lockdepWord+`\S.*/\d+ (?P<what>still has locks held)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inAt, "returning to user", lockdepWord+`(?P<what>lock held when returning to user space)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inSecond, "suspicious RCU", lockdepWord+`(?P<what>suspicious RCU usage)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inTrace, "chain_key", lockdepWord+`(?P<what>chain_key collision)`, "lockdep: WHAT"),
	k("boot/lockdep", alone, inTrace, "non-static key", `INFO: (?P<what>trying to register non-static key)`, "lockdep: WHAT"),
	k("boot/lockdep", lead, inTrace, "has not been registered", `BUG: key \S+ (?P<what>has not been registered)`, "lockdep: key WHAT"),
	k("boot/lockdep", alone, inTrace, "invalid subclass", `BUG: (?P<what>looking up invalid subclass)`, "lockdep: WHAT"),
	k("boot/lockdep", lead, inTrace, "_WARN_ON(", `^(?P<what>DEBUG_(?:LOCKS|RWSEMS)_WARN_ON)\(`, "lockdep: WHAT"),
	k("boot/lockdep", lead, inTrace, "rtmutex deadlock", `^(?P<what>rtmutex deadlock) detected`, "lockdep: WHAT"),
	k("boot/lockdep-off", alone, nowhere, "too low!", `BUG: (?P<what>MAX_\w+ too low!)`, "lockdep turned itself off: WHAT"),
	k("boot/lockdep-off", aside, nowhere, "lockdep is turned off", `^INFO: (?P<what>lockdep is turned off)`, "WHAT"),
	k("boot/lockdep-off", aside, nowhere, "correctness validator", `^(?P<what>turning off the locking correctness validator)`, "lockdep: WHAT"),

	// The other checks of locks and contexts.
	k("boot/lock", alone, inTrace, "BUG: ", `BUG: (?P<what>(?:spinlock|rwlock) (?:[a-z -]+?)) on CPU#`, "WHAT"),
	k("boot/atomic", alone, inTrace, "sleeping function", `BUG: (?P<what>sleeping function called from invalid context)(?: at `+path+`)?`, "WHAT"),
	k("boot/atomic", alone, inTrace, "BUG: scheduling", `BUG: (?P<what>scheduling (?:while atomic|in a non-blocking section))`, "WHAT"),
	k("boot/atomic", alone, inTrace, "idle thread", `^bad: (?P<what>scheduling from the idle thread)`, "WHAT"),
	k("boot/atomic", alone, inTrace, "BUG: assuming", `BUG: (?P<what>assuming (?:atomic|non migratable) context) at `+path, "WHAT"),
	// kernel/softirq.c.
	k("boot/atomic", alone, nowhere, "entered softirq", `^(?:softirq: )?huh, entered softirq \d+ (?P<what>\w+) \S+ with preempt_count`, "softirq WHAT changes the preempt count"),
	// init/main.c, kernel/time/timer.c and kernel/irq/handle.c warn of what they have called, which is not in the trace any more.
	k("boot/atomic", lead, inHead, "returned with", `^initcall `+fn+` returned with (?P<what>preemption imbalance|disabled interrupts)`, "initcall with WHAT"),
	k("boot/atomic", lead, inHead, "preempt leak", `^timer: `+fn+` (?P<what>preempt leak)`, "timer: WHAT"),
	k("boot/atomic", lead, inHead, "enabled interrupts", `^irq \d+ handler `+fn+` (?P<what>enabled interrupts)`, "interrupt handler: WHAT"),
	k("boot/atomic", alone, inCaller, "in preemptible", `BUG: (?P<what>using \w+\(?\)?) in preemptible`, "WHAT in preemptible code"),
	k("boot/atomic", alone, inCaller, "workqueue leaked", `BUG: (?P<what>workqueue leaked (?:atomic|lock)(?:, lock or RCU| or atomic)?)`, "WHAT"),

	// Sanitizers: mm/kasan, mm/kmsan, kernel/kcsan, mm/kfence, lib/ubsan.c.
	k("boot/sanitizer", alone, inHead, "KCSAN: ", `BUG: KCSAN: (?P<what>.+?) in `+fn+`(?: / \S+)?`, "KCSAN: WHAT"),
	k("boot/sanitizer", alone, inHead, "KMSAN: ", `BUG: KMSAN: (?P<what>.+?) in `+fn, "KMSAN: WHAT"),
	k("boot/sanitizer", alone, inHead, "KFENCE: ", `BUG: KFENCE: (?P<what>.+?) in `+fn, "KFENCE: WHAT"),
	k("boot/sanitizer", alone, inHead, "KASAN: ", `BUG: KASAN: (?P<what>.+?) in `+fn, "KASAN: WHAT"),
	k("boot/sanitizer", alone, inTrace, "KASAN: ", `BUG: KASAN: (?P<what>.+?)(?: on address.*)?$`, "KASAN: WHAT"),
	k("boot/sanitizer", alone, inTrace, "KFENCE: ", `BUG: KFENCE: (?P<what>.+)`, "KFENCE: WHAT"),
	k("boot/sanitizer", alone, inTrace, "UBSAN: ", `^UBSAN: (?P<what>.+?) in `+path, "UBSAN: WHAT"),
	k("boot/sanitizer", lead, inHead, "UBSAN: ", `Internal error: UBSAN: (?P<what>[^:]+): |UBSAN: (?P<what>.+?) at `+fn, "UBSAN: WHAT"),
	k("boot/sanitizer", alone, inTrace, "UBSAN: ", `^UBSAN: (?P<what>.+)`, "UBSAN: WHAT"),

	// Stalls: kernel/watchdog.c, kernel/hung_task.c, kernel/rcu, kernel/smp.c, kernel/workqueue.c.
	k("boot/stall", alone, inStall, "soft lockup", `BUG: (?P<what>soft lockup)`, "WHAT"),
	k("boot/stall", alone, inStall, "LOCKUP", `(?:Watchdog detected|NMI watchdog: Watchdog detected|CPU \d+ self-detected|CPU \d+ detected|CPU \d+) (?P<what>[Hh]ard LOCKUP)`, "WHAT"),
	k("boot/stall", alone, inWait, "blocked", `(?:INFO: task .*|^.*:\d+) blocked(?P<what> in I/O wait)? for more than \d+ seconds`, "hung task, blockedWHAT"),
	k("boot/stall", alone, inWait, "can't die", `INFO: task \S.*? (?P<what>can't die) for more than \d+ seconds`, "hung task that WHAT"),
	k("boot/stall", alone, inStall, "stall", `INFO: (?P<what>\S+) detected expedited stalls`, "RCU stall: expedited grace period of WHAT"),
	k("boot/stall", alone, inStall, "stall", `INFO: (?P<what>\S+) detected stalls?,? on tasks`, "RCU tasks stall: WHAT"),
	k("boot/stall", alone, inStall, "stall", `INFO: (?P<what>\S+) (?:self-)?detected stalls?\b`, "RCU stall: WHAT"),
	k("boot/stall", alone, inStall, "non-responsive CSD", `csd: (?:Detected|Continued) (?P<what>non-responsive CSD lock) .* for CPU#\d+ (?P<fn>[\w.]+)?`, "WHAT"),
	// kernel/sched/debug.c, of a processor that was asked to schedule.
	k("boot/stall", alone, inStall, "need_resched set", `^sched: CPU \d+ (?P<what>need_resched set for > )\d+ ns `, "no schedule where one was asked for"),
	k("boot/stall", alone, nowhere, "writeback completion", `INFO: The task .* has been (?P<what>waiting for writeback completion) for more than`, "hung task, WHAT"),
	k("boot/stall", alone, inFlight, "workqueue lockup", `BUG: (?P<what>workqueue lockup)`, "WHAT"),

	k("boot/stall", alone, nowhere, "CPU", `^CPU\d+:? (?P<what>is stuck in kernel|failed to come online|died during early boot|failed to report alive state)`, "processor WHAT"),
	k("boot/leak", alone, nowhere, "stalled pool shutdown", `(?P<what>stalled pool shutdown)[ :]`, "page_pool: WHAT"),

	// Memory: mm/slub.c, mm/page_alloc.c, mm/memory.c, kernel/fork.c, mm/usercopy.c, lib/list_debug.c, lib/refcount.c.
	k("boot/refcount", lead, inTrace, "refcount_t: ", `^refcount_t: (?P<what>.+?)[.!]?$`, "refcount_t: WHAT"),
	// lib/percpu-refcount.c names what is called when the last reference goes.
	k("boot/refcount", lead, inHead, "percpu ref", `^percpu ref \(`+fn+`\) <= 0 `, "percpu_ref: underflow"),
	k("boot/refcount", alone, nowhere, "page_pool refcnt", `^\w+\(\) page_pool refcnt -?\d+ violation`, "page_pool: reference count is wrong"),
	// lib/ref_tracker.c.
	k("boot/refcount", lead, inTrace, "ref_tracker: ", `^ref_tracker: (?P<what>reference already released)`, "ref_tracker: WHAT"),
	k("boot/refcount", lead, inBody, "ref_tracker: ", `^ref_tracker: (?P<what>.+)@\S+ has \d+/\d+ users at`, "ref_tracker: leaked reference of WHAT"),
	k("boot/list", lead, inTrace, "list_", `^(?P<what>list_(?:add|del) (?:corruption|double add))`, "WHAT"),
	k("boot/memory", lead, inTrace, "attempt detected", `[Kk]ernel memory (?P<what>(?:exposure|overwrite) attempt) detected`, "usercopy: kernel memory WHAT"),
	k("boot/memory", lead, inTrace, "buffer overflow", `^(?:(?P<fn>\w+): )?detected buffer overflow: .* (?P<what>read|write) of buffer`, "fortify: buffer overflow, WHAT"),
	k("boot/memory", lead, inTrace, "buffer overflow", `^detected buffer overflow in (?P<fn>\w+)`, "fortify: buffer overflow"),
	k("boot/memory", lead, inTrace, "field-spanning", `^memcpy: detected (?P<what>field-spanning (?:read|write))`, "fortify: WHAT"),
	k("boot/memory", alone, inOwner, "BUG: Bad ", `BUG: Bad (?P<what>page (?:state|map|cache)|rss-counter state|pagetable)`, "bad WHAT"),
	k("boot/memory", alone, inTrace, "pgtables_bytes", `BUG: (?P<what>non-zero pgtables_bytes on freeing mm)`, "WHAT"),
	// Newer kernels put the trace into a WARN that follows the object's bytes.
	k("boot/memory", lead, inTrace, "BUG ", `^BUG (?P<what>[\w:.,<>-]+) \([^)]*\): (?P<more>.+)`, "SLUB: MORE in cache WHAT"),
	// mm/slab.c, which was there until 6.7.
	k("boot/memory", alone, inTrace, "Slab corruption", `^Slab corruption \([^)]*\): (?P<more>\S+) start=`, "slab: corruption in cache MORE"),
	k("boot/memory", alone, inTrace, "slab error in", `^slab error in \w+\(\): cache .(?P<more>[^']+)': (?P<what>.+)`, "slab: WHAT in cache MORE"),
	k("boot/memory", alone, nowhere, "PAGETABLE BUG", `^(?P<what>PAGETABLE BUG) #`, "WHAT"),
	k("boot/memory", alone, nowhere, ": bad p", `^\S+\.[ch]:\d+: (?P<what>bad p[ug4m]*d) [0-9a-f]+\(`, "WHAT"),
	k("boot/memory", alone, nowhere, " swap ", `^(?:\w+: )?(?P<what>(?:Bad|Unused) swap (?:file|offset) entry) [0-9a-f]+`, "WHAT"),
	k("boot/memory", alone, inTrace, "Slab cache still", `^(?P<what>Slab cache still has objects)`, "SLUB: WHAT"),
	k("boot/memory", lead, inTrace, "kmem_cache_destroy", `kmem_cache_destroy (?P<what>\S+): Slab cache still has objects`, "SLUB: cache WHAT is destroyed with objects"),
	// arch/*/mm/ptdump.c and dump_pagetables.c: a WARN of the first such page, then how many there are.
	k("boot/memory", lead, nowhere, "insecure W+X", `Found insecure (?P<what>W\+X mapping)`, "WHAT in the kernel's page tables"),
	sum("insecure W+X", k("boot/memory", alone, nowhere, "Checked W+X", `Checked (?P<what>W\+X mapping)s: (?i:failed), `, "WHAT in the kernel's page tables")),
	k("boot/memory", alone, inTrace, "pagealloc: ", `^pagealloc: (?P<what>memory corruption|single bit error)`, "page poison: WHAT"),
	k("boot/memory", alone, inTrace, "mempool element", `BUG: (?P<what>mempool element poison mismatch)`, "WHAT"),
	k("boot/memory", lead, inTrace, "Dentry", `BUG: (?P<what>Dentry) .* still in use`, "WHAT still in use"),
	k("boot/memory", lead, inTrace, "VFS: ", `^VFS: (?P<what>Busy inodes after unmount|Close: file count is (?:0|zero))`, "VFS: WHAT"),
	sum("nreferenced object", k("boot/leak", alone, inTrace, "kmemleak: ", `^kmemleak: \d+ (?P<what>new suspected memory leaks)`, "kmemleak: WHAT")),
	k("boot/leak", alone, inTrace, "kmemleak: ", `^kmemleak: (?P<what>Cannot insert) \S+ into the object search tree`, "kmemleak turned itself off: an object overlaps another"),
	k("boot/leak", alone, inTrace, "kmemleak: ", `^kmemleak: (?P<what>[A-Z][\w ]*? unknown object|Scan area larger than object|Found object by alias)\b`, "kmemleak misused: WHAT"),
	k("boot/leak", aside, nowhere, "kmemleak: ", `^kmemleak: (?P<what>Memory pool empty|Cannot allocate a kmemleak_object)`, "kmemleak turned itself off: WHAT"),
	k("boot/leak", lead, inTrace, "memory leak", `^BUG: memory leak`, "kmemleak: unreferenced object"),
	k("boot/leak", body, inTrace, "unreferenced object", `(?:^|kmemleak: )(?P<what>[Uu]nreferenced object)(?: \(\w+\))? 0x`, "kmemleak: WHAT"),
	k("boot/leak", alone, nowhere, "Leaked ", `^Leaked (?:\w+ )?(?P<what>locks?) on dev=`, "files: leaked WHAT"),
	k("boot/leak", alone, nowhere, "neighbour leakage", `^neighbour: (?P<what>neighbour leakage)`, "WHAT"),
	k("boot/leak", alone, nowhere, "waiting for", `unregister_netdevice: waiting for \S+ to become free`, "unregister_netdevice: a device does not become free"),
	k("boot/oom", alone, nowhere, "invoked oom-killer", ` invoked oom-killer: `, "out of memory"),
	k("boot/oom", alone, nowhere, "Killed process", `(?:[Oo]ut of memory.*|oom.*): Killed process \d+`, "out of memory"),
	k("boot/object", lead, inTrace, "ODEBUG: ", `^ODEBUG: (?P<what>[a-z_ ]+? (?:active|not available|not initialized|initialized|destroyed|inactive|none|object|unknown state))`, "ODEBUG: WHAT"),
	k("boot/object", lead, inTrace, "ODEBUG: ", `^ODEBUG: object \S+ (?P<what>is on stack|is NOT on stack) \S+ but `, "ODEBUG: object WHAT"),
	// What lib/kobject.c makes of sysfs's complaint.
	sum("duplicate filename", k("boot/object", lead, inTrace, "kobject", `kobject_add_internal failed for .* with -EEXIST`, "kobject misused")),
	k("boot/object", lead, inTrace, "kobject", `kobject_add_internal failed for|kobject: .* tried to (?:init an initialized|add an uninitialized) object|kobject: .* is not initialized`, "kobject misused"),
	k("boot/object", alone, nowhere, "must have a ktype", `^(?:kobject: )?must have a ktype to be initialized properly`, "kobject misused"),
	k("boot/object", lead, inTrace, "duplicate filename", `^sysfs: (?P<what>cannot create duplicate filename)`, "sysfs: WHAT"),
	k("boot/object", alone, nowhere, "nobody cared", `^irq \d+: (?P<what>nobody cared)`, "interrupt that WHAT"),
	k("boot/object", alone, inTrace, "bogus return value", `^irq event \d+: (?P<what>bogus return value)`, "interrupt handler: WHAT"),
	k("boot/object", alone, inTrace, "Flags mismatch", `^(?:genirq: )?(?P<what>Flags mismatch) irq \d+\.`, "interrupt: WHAT"),
	k("boot/object", alone, inTrace, "wrong timeout value", `^\w+: (?P<what>wrong timeout value) `, "schedule_timeout: WHAT"),
	k("boot/object", alone, inTrace, "alive neighbour", `(?P<what>Destroying alive neighbour) `, "WHAT"),
	k("boot/object", alone, inTrace, "double timer add", `NEIGH: BUG, (?P<what>double timer add)`, "neighbour: WHAT"),
	// kernel/rcu/tree.c, tiny.c: with the checks of objects, which warn besides.
	sum("ODEBUG: ", k("boot/object", alone, inHead, "Double-freed CB", `^(?:rcu: )?\w+\(\): (?P<what>Double-freed CB) \S+->`+fn, "RCU: WHAT")),
	k("boot/object", alone, nowhere, "psi: ", `^psi: (?P<what>task underflow|inconsistent task state)!`, "psi: WHAT"),
	k("boot/object", alone, nowhere, "kill_fasync: bad", `^kill_fasync: (?P<what>bad magic number) `, "kill_fasync: WHAT"),
	k("boot/object", alone, inHead, "napi is not scheduled", `^repoll requested for device \S+ `+fn+` but (?P<what>napi is not scheduled)`, "repoll where WHAT"),
	// arch/*/net/bpf_jit_comp*.c.
	k("boot/object", alone, nowhere, " bug", `^(?:bpf_jit: )?(?P<what>(?:mem32 extable|ex gen|(?:cond_)?jmp gen|multi-func JIT) bug)\b`, "BPF JIT: WHAT"),
	k("boot/memory", alone, nowhere, "private stack", `^(?:bpf_jit: )?BPF (?P<what>private stack overflow/underflow) detected`, "BPF: WHAT"),
	k("boot/object", lead, inTrace, "already registered", `^proc_dir_entry '\S+' (?P<what>already registered)`, "proc_dir_entry WHAT"),

	k("boot/list", lead, inRegs, "list_debug.c", `kernel BUG at (?P<file>\S*lib/list_debug\.c):(?P<line>\d+)!`, "list corruption"),

	// lib/string_helpers.c, which dies of what it has warned of.
	sum("detected buffer overflow", k(CheckOops, lead, inRegs, "string_helpers.c", `kernel BUG at (?P<file>\S*lib/string_helpers\.c):(?P<line>\d+)!`, "kernel BUG")),

	sum("detected buffer overflow", k(CheckOops, lead, inTrace, "string_helpers.c", `BUG: failure at (?P<file>\S*lib/string_helpers\.c):(?P<line>\d+)/`, "kernel BUG")),

	// Oopses. What tells the address comes first, then die().
	k(CheckOops, lead, inRegs, "kernel BUG at", `kernel BUG at `+path+`!`, "kernel BUG"),
	k(CheckOops, lead, inHead, "kernel BUG at", `kernel BUG at `+fn, "kernel BUG"),
	k(CheckOops, lead, inTrace, "BUG: failure at", `BUG: failure at `+path+`/(?P<fn>\w+)\(\)!`, "kernel BUG"),
	k(CheckOops, lead, inRegs, "NULL pointer dereference", `(?:BUG: [Kk]ernel|BUG: unable to handle kernel|Unable to handle kernel) (?P<what>NULL pointer dereference)`, "kernel WHAT"),
	k(CheckOops, lead, inRegs, "BUG: unable to handle", `BUG: unable to handle (?:kernel )?(?P<what>page fault|paging request|access to user memory)`, "kernel WHAT"),
	k(CheckOops, lead, inRegs, "Unable to handle kernel", `Unable to handle kernel (?P<what>[\w -]+?) at `, "kernel WHAT"),
	k(CheckOops, lead, inRegs, "FRED event", `BUG: (?P<what>invalid or fatal FRED event);`, "WHAT"),
	k(CheckOops, lead, inDepth, "stack guard page", `BUG: (?P<what>(?:\w+ )?stack guard page was hit)`, "WHAT"),
	k(CheckOops, lead, inDepth, "Insufficient stack", `(?P<what>Insufficient stack space to handle exception)`, "kernel stack overflow"),
	k(CheckOops, lead, inRegs, "Kernel mode fault", `(?P<what>Kernel mode fault) at addr`, "WHAT"),
	k(CheckOops, lead, inRegs, "Kernel tried to", `(?P<what>Kernel tried to access user memory)`, "WHAT"),
	k(CheckOops, lead, inRegs, "exception on CPU", `Unhandled (?P<what>[\w -]+ exception) on CPU`, "unhandled WHAT"),
	k(CheckOops, lead, inRegs, "Bad mode in", `(?P<what>Bad mode in .+ handler) detected on CPU`, "WHAT"),
	k(CheckOops, lead, inRegs, "Unable to handle kernel", `Unable to handle kernel (?P<what>pointer dereference) in virtual kernel address space`, "kernel WHAT"),
	k(CheckOops, lead, inRegs, "SError", `(?P<what>SError Interrupt) on CPU`, "WHAT"),
	k(CheckOops, body, inRegs, "Internal error", `Internal error: (?:Oops - |Oops: )?(?P<what>[\w (),/.-]+?)(?:: [0-9a-f]+)? \[#\d+\]`, "internal error: WHAT"),
	k(CheckOops, body, inRegs, "[#", `^(?:Oops: |[\w-]+-related )?(?P<what>[A-Za-z][\w #-]*?)(?:, .*)?: [0-9a-f]{4} \[#\d+\]`, "WHAT"),
	// Up to 4.14 the words of KASAN before it have no end of line.
	k(CheckOops, body, inRegs, "[#", `user memory access(?P<what>general protection fault): [0-9a-f]{4} \[#\d+\]`, "WHAT"),
	k(CheckOops, body, inRegs, "Split lock", `^(?:Oops: )?(?P<what>Split lock detected)`, "WHAT"),
	k(CheckOops, body, inRegs, "Oops - ", `^Oops - (?P<what>[\w (),-]+?)(?:: [0-9a-f]+)? \[#\d+\]`, "oops: WHAT"),
	k(CheckOops, body, inRegs, "Oops", `(?:^|: )(?P<what>Oops|Kernel BUG)(?:: [0-9a-f]+| - .*)? \[#\d+\]|^Oops: .*\[#\d+\]`, "oops"),
	k(CheckOops, body, inRegs, "Unhandled", `^(?:8<--- cut here ---)?(?P<what>Unhandled (?:prefetch abort|fault)): `, "WHAT"),
	k(CheckOops, end, inRegs, "recursive fault", `^(?P<what>Fixing recursive fault) but reboot is needed`, "WHAT"),

	// A WARN of lockdep itself.
	k("boot/lockdep", body, inHead, "lockdep.c:", `^WARNING: (?:\[.*\] )?(?P<file>kernel/locking/lockdep\.c):(?P<line>\d+) at `+fn+`(?: \[[^\]]*\])?, CPU#\d+: `, "lockdep: WARNING"),
	k("boot/lockdep", body, inHead, "lockdep.c:", `^WARNING: CPU: \d+ PID: \d+ at (?P<file>\S*kernel/locking/lockdep\.c):(?P<line>\d+) `+fn, "lockdep: WARNING"),
	// WARN() and WARN_ON(): the form of 7.x, then that of 6.x and before.
	k("boot/warning", body, inHead, "WARNING: ", `^WARNING: (?:\[.*\] )?(?:(?P<file>[\w./+-]+\.(?:c|h|S|rs)):(?P<line>\d+) )?at `+fn+`(?: \[[^\]]*\])?, CPU#\d+: `, "WARNING"),
	k("boot/warning", body, inHead, "WARNING: ", `^WARNING: CPU: \d+ PID: \d+ at (?:`+path+` )?`+fn, "WARNING"),
	// arch/x86/kernel/unwind_orc.c, in the middle of the trace that it unwinds.
	k("boot/warning", alone, nowhere, "WARNING: ", `^WARNING: (?:WARNING: )?(?P<what>bad lookup (?:idx|value)|(?:Bad or missing|Corrupt) \.orc_unwind table|unknown (?:[SB]P base reg|\.orc_unwind entry type)|stack recursion on stack type|`+
		`(?:can't access (?:iret )?registers|missing \w+ value|stack going in the wrong direction\?) at [\w.]+)`, "unwinder: WHAT"),
	k("boot/warning", lead, inRegs, "WARNING: kernel stack", `^WARNING: (?P<what>kernel stack (?:regs|frame pointer)) .* has bad`, "WARNING: WHAT has a bad value"),

	// What a kernel tells of itself with a trace, and goes on: it may be the machine's fault, or a lack of memory.
	k("boot/doubt", aside, inTrace, "unchecked MSR", `^(?P<what>unchecked MSR access error): `, "WHAT"),
	k("boot/doubt", aside, inTrace, "page allocation", `: (?P<what>page allocation (?:failure|stall))(?:: order:|s? for )`, "WHAT"),
	k("boot/doubt", aside, inTrace, "vmalloc error", `: (?P<what>vmalloc error): `, "WHAT"),
	k("boot/doubt", aside, inTrace, "Unexpected gfp", `^(?P<what>Unexpected gfp): .* Fix your code!`, "WHAT"),
	// arch/x86/kernel/nmi.c, include/asm-generic/hardirq.h, arch/arm64/kernel/debug-monitors.c.
	k("boot/doubt", aside, nowhere, "NMI received", `^Uhhuh\. (?P<what>NMI received for unknown reason) `, "WHAT"),
	k("boot/doubt", aside, nowhere, "NMI: ", `^NMI: (?P<what>PCI system error \(SERR\)|IOCK error)`, "NMI: WHAT"),
	k("boot/doubt", aside, nowhere, "unexpected IRQ trap", `^(?P<what>unexpected IRQ trap) at vector`, "WHAT"),
	k("boot/doubt", aside, nowhere, "single-step exception", `^(?P<what>Unexpected kernel single-step exception) at EL1`, "WHAT"),
	k("boot/doubt", aside, nowhere, "exited with", `^note: \S.*\[\d+\] (?P<what>exited with (?:irqs disabled|preempt_count \d+))$`, "a task WHAT"),
	k("boot/doubt", aside, nowhere, "no longer grows the stack", `^GUP (?P<what>no longer grows the stack) in`, "get_user_pages: WHAT"),

	// Whatever else stops for a trace: some fifty places call dump_stack() behind words of their own.
	k("boot/doubt", aside, inTrace, "Call ", `^\s*Call [Tt]race:`, "a call trace behind \"SAID\""),
	// Whatever else calls itself a bug.
	k(CheckOops, alone, inTrace, "BUG", `(?:^|^[\w#/ .-]{1,40}: )BUG: +(?P<what>\S.*)`, "BUG: WHAT"),
	k(CheckOops, alone, inHead, "BUG in ", `^BUG in (?P<fn>[a-z_]\w+): `, "BUG"),
	k(CheckOops, alone, inTrace, "BUG", `^BUG at `+path, "BUG"),
	// include/linux/maple_tree.h, lib/test_xarray.c and their kin.
	k(CheckOops, alone, inHead, "BUG", `^BUG at (?P<fn>\w+):\d+(?: \(\d+\))?$`, "BUG"),
	k("boot/warning", alone, inHead, "WARN at", `^WARN at (?P<fn>\w+):\d+ \(\d+\)$`, "WARNING"),
}

// severity is that of a kind: what a kernel reports about itself is an error, unless it only says
// that it looks no more.
func (k *kind) severity() report.Severity {
	if k.role == aside {
		return report.Warning
	}
	return report.Error
}

// saysAll reports whether the kernel's words alone tell one fault of a kind from others.
func (k *kind) saysAll() bool {
	return k.place == nowhere || k.check == CheckPanic || k.word == "BUG" || strings.Contains(k.title, "SAID")
}

// match returns the kind of a line and the groups of its pattern; nil for a line that is no head.
func match(text string) (*kind, map[string]string) {
	for i := range kinds {
		k := &kinds[i]
		if !strings.Contains(text, k.word) {
			continue
		}
		m := k.re.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if isHarmless(text) || isQuoted(text, m[0]) {
			return nil, nil
		}
		groups := map[string]string{}
		for j, name := range k.re.SubexpNames() {
			if name != "" && m[j] != "" {
				groups[name] = m[j]
			}
		}
		return k, groups
	}
	return nil, nil
}

// isQuoted reports whether head, which is a part of text, stands in quotes: somebody speaks of a report.
func isQuoted(text, head string) bool {
	at := strings.Index(text, head)
	return at > 0 && (strings.Count(text[:at], `"`)%2 == 1 || strings.ContainsRune("'`=", rune(text[at-1])))
}
