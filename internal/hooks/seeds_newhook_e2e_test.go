// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import "strings"

const (
	defsPath     = "include/linux/lsm_hook_defs.h"
	wrapperPath  = "security/security.c"
	setsPath     = "kernel/bpf/bpf_lsm.c"
	sealUser     = "security/lockdown/lockdown.c"
	sealCaller   = "fs/eventfd.c"
	sealDef      = "LSM_HOOK(int, 0, file_seal, struct file *file, u32 seals)\n"
	sealDeclared = "int security_file_seal(struct file *file, u32 seals);\n"
	sealStub     = "static inline int security_file_seal(struct file *file, u32 seals)\n{\n\treturn 0;\n}\n\n"
	sealDoc      = "/**\n * security_file_seal() - Check that a file may be sealed\n * @file: the file\n * @seals: what will not be possible any more\n *\n * Return: Returns 0 if permission is granted.\n */\n"
	sealHead     = "int security_file_seal(struct file *file, u32 seals)\n"
	sealCall     = "return call_int_hook(file_seal, file, seals);"
	sealWrapper  = sealHead + "{\n\t" + sealCall + "\n}\n\n"
	sealWalk     = "struct lsm_static_call *scall;\n\tint rc;\n\n\tlsm_for_each_hook(scall, file_seal) {\n\t\trc = scall->hl->hook.file_seal(file, seals);\n\t\tif (rc)\n\t\t\treturn rc;\n\t}\n\treturn 0;"
	sealSet      = "BTF_ID(func, bpf_lsm_file_seal)\n"
	sealAsked    = "\tif (security_file_seal(file, 1))\n\t\treturn -EACCES;\n"
	sealFn       = "static int lockdown_file_seal(struct file *file, u32 seals)\n{\n\treturn 0;\n}\n\n"
	sealInit     = "\tLSM_HOOK_INIT(file_seal, lockdown_file_seal),\n"
)

// sealing73 adds the hook file_seal to 7.3, in all its places.
var sealing73 = []edit{
	{defsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", sealDef + "LSM_HOOK(int, 0, file_open, struct file *file)\n"},
	{headerOfLSMs, "int security_file_open(struct file *file);\n", sealDeclared + "int security_file_open(struct file *file);\n"},
	{headerOfLSMs, "static inline int security_file_open(struct file *file)\n", sealStub + "static inline int security_file_open(struct file *file)\n"},
	{wrapperPath, "/**\n * security_file_open() -", sealDoc + sealWrapper + "/**\n * security_file_open() -"},
	{setsPath, "BTF_ID(func, bpf_lsm_file_open)\n", sealSet + "BTF_ID(func, bpf_lsm_file_open)\n"},
	{sealUser, "static struct security_hook_list", sealFn + "static struct security_hook_list"},
	{sealUser, "\tLSM_HOOK_INIT(locked_down", sealInit + "\tLSM_HOOK_INIT(locked_down"},
	{sealCaller, "#include <linux/file.h>\n", "#include <linux/file.h>\n#include <linux/security.h>\n"},
	{sealCaller, "static int eventfd_release(struct inode *inode, struct file *file)\n{\n\tstruct eventfd_ctx *ctx = file->private_data;\n\n", "static int eventfd_release(struct inode *inode, struct file *file)\n{\n\tstruct eventfd_ctx *ctx = file->private_data;\n\n" + sealAsked},
}

func one(file, old, now string) []edit { return []edit{{file, old, now}} }

// sealSeeds are faults in that hook. A kernel without LSMs has to compile too.
var sealSeeds = []seed{
	{"nothing", nil, true, ""},

	// The wrapper.
	{"no wrapper", one(wrapperPath, sealDoc+sealWrapper, ""), true, "no-wrapper"},
	{"a wrapper that asks another hook", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_post_open, file, seals)"), true, "no-wrapper"},
	{"an argument too few", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_seal, file)"), false, "wrapper-call"},
	{"an argument too many", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_seal, file, seals, 0)"), false, "wrapper-call"},
	{"arguments that are exchanged", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_seal, seals, file)"), false, "wrapper-call"},
	{"another argument", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_seal, &file->f_path, seals)"), false, ""},
	{"the macro for hooks without a result", one(wrapperPath, sealCall, "call_void_hook(file_seal, file, seals);\n\treturn 0;"), true, "wrapper-call"},
	{"a name that is not the parameter's", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_seal, filp, seals)"), false, "wrapper-call"},
	{"a hook that is not there", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_sealed, file, seals)"), false, "no-wrapper unknown-hook"},
	{"a wrapper of another type", one(wrapperPath, sealHead, "int security_file_seal(struct file *file, u64 seals)\n"), false, "wrapper-type"},
	{"a wrapper of another result", one(wrapperPath, sealHead, "long security_file_seal(struct file *file, u32 seals)\n"), false, "wrapper-type"},
	{"a wrapper with a parameter more", one(wrapperPath, sealHead, "int security_file_seal(struct file *file, u32 seals, int how)\n"), false, "no-kernel-doc wrapper-type"},
	{"a wrapper that is static", one(wrapperPath, sealHead, "static "+sealHead), true, "wrapper-type"}, // with -fms-extensions a warning; its callers do not link
	{"a wrapper that drops the answer", one(wrapperPath, sealCall, "call_int_hook(file_seal, file, seals);\n\treturn 0;"), true, "wrapper-call"},
	{"a wrapper that gives a constant", one(wrapperPath, "call_int_hook(file_seal, file, seals)", "call_int_hook(file_seal, file, 0)"), true, "wrapper-call"},
	{"a wrapper in two parts", []edit{{wrapperPath, sealDoc + sealHead, "static int seal_inner(struct file *file, u32 seals)\n{\n\t" + sealCall + "\n}\n\n" + sealDoc + sealHead}, {wrapperPath, sealHead + "{\n\t" + sealCall, sealHead + "{\n\treturn seal_inner(file, seals);"}}, true, ""},
	{"a wrapper that looks at each function", one(wrapperPath, sealCall, sealWalk), true, ""},
	{"a wrapper that looks at each function, with arguments exchanged", one(wrapperPath, sealCall, strings.Replace(sealWalk, "(file, seals)", "(seals, file)", 1)), false, "wrapper-call"},
	{"a wrapper that looks at each function of another hook", one(wrapperPath, sealCall, strings.Replace(sealWalk, "hook.file_seal(file, seals)", "hook.file_truncate(file)", 1)), true, "wrapper-call"},
	{"a wrapper that asks for a default that is not there", one(wrapperPath, sealCall, "int rc = call_int_hook(file_seal, file, seals);\n\n\treturn rc != LSM_RET_DEFAULT(file_seals) ? rc : 0;"), false, "wrapper-call"},
	{"a wrapper twice", one(wrapperPath, sealWrapper, sealWrapper+sealWrapper), false, "wrapper-type"},
	{"a wrapper under a condition alone", one(wrapperPath, sealDoc+sealWrapper, "#ifdef CONFIG_SECURITY_PATH\n"+sealDoc+sealWrapper+"#endif\n"), true, "gate-differs"},
	{"kernel-doc with a colon", one(wrapperPath, "* security_file_seal() -", "* security_file_seal:"), true, ""},
	{"no kernel-doc", one(wrapperPath, sealDoc, ""), true, "no-kernel-doc"},
	{"a plain comment", one(wrapperPath, "/**\n * security_file_seal()", "/*\n * security_file_seal()"), true, "no-kernel-doc"},

	// Its declaration and its stub.
	{"no declaration", one(headerOfLSMs, sealDeclared, ""), false, "no-declaration"},
	{"a declaration of another type", one(headerOfLSMs, sealDeclared, "int security_file_seal(struct file *file, int seals);\n"), false, "wrapper-type"},
	{"a declaration without a result", one(headerOfLSMs, sealDeclared, "void security_file_seal(struct file *file, u32 seals);\n"), false, "wrapper-type"},
	{"a declaration without names", one(headerOfLSMs, sealDeclared, "int security_file_seal(struct file *, u32);\n"), true, ""},
	{"no stub", one(headerOfLSMs, sealStub, ""), false, "no-stub"},
	{"a stub of another type", one(headerOfLSMs, "static inline int security_file_seal(struct file *file, u32 seals)", "static inline int security_file_seal(struct file *file, u64 seals)"), true, "wrapper-type"},
	{"a stub with a parameter less", one(headerOfLSMs, "static inline int security_file_seal(struct file *file, u32 seals)", "static inline int security_file_seal(struct file *file)"), false, "wrapper-type"},
	{"a stub that denies", one(headerOfLSMs, sealStub, "static inline int security_file_seal(struct file *file, u32 seals)\n{\n\treturn -EPERM;\n}\n\n"), true, "stub-answer"},
	{"a stub without a result", one(headerOfLSMs, sealStub, "static inline void security_file_seal(struct file *file, u32 seals)\n{\n}\n\n"), false, "wrapper-type"},
	{"a stub of another name", one(headerOfLSMs, "static inline int security_file_seal(", "static inline int security_file_seals("), false, "no-stub"},

	{"a declaration under a condition alone", one(headerOfLSMs, sealDeclared, "#ifdef CONFIG_SECURITY_NETWORK_XFRM\n"+sealDeclared+"#endif\n"), false, "gate-differs"},
	{"a stub that returns nothing", one(headerOfLSMs, sealStub, "static inline int security_file_seal(struct file *file, u32 seals)\n{\n}\n\n"), false, "stub-answer"},
	{"a stub where there are LSMs", []edit{{headerOfLSMs, sealStub, ""}, {headerOfLSMs, sealDeclared, sealDeclared + sealStub}}, false, "no-stub"},
	{"a stub for two kinds of kernels", []edit{{headerOfLSMs, sealStub, ""}, {headerOfLSMs, "#ifdef CONFIG_SECURITY_PATH\n", "#ifndef CONFIG_SECURITY_NETWORK_XFRM\n" + sealStub + "#endif\n#ifdef CONFIG_SECURITY_PATH\n"}}, false, "gate-differs"},

	// The definition.
	{"another default, and a stub that does not follow", one(defsPath, "LSM_HOOK(int, 0, file_seal", "LSM_HOOK(int, -EOPNOTSUPP, file_seal"), true, "stub-answer"},
	{"the default of hooks without a result", one(defsPath, "LSM_HOOK(int, 0, file_seal", "LSM_HOOK(int, LSM_RET_VOID, file_seal"), false, "default-type"},
	{"a result of none, and a wrapper of int", one(defsPath, "LSM_HOOK(int, 0, file_seal", "LSM_HOOK(void, LSM_RET_VOID, file_seal"), false, "shim-type wrapper-call"},
	{"a default for no result", one(defsPath, "LSM_HOOK(int, 0, file_seal", "LSM_HOOK(void, 0, file_seal"), false, "default-type shim-type wrapper-call"},
	{"a parameter more", one(defsPath, "file_seal, struct file *file, u32 seals)", "file_seal, struct file *file, u32 seals, bool force)"), false, "shim-type wrapper-call"},
	{"a parameter of another type", one(defsPath, "file_seal, struct file *file, u32 seals)", "file_seal, struct path *path, u32 seals)"), false, "shim-type wrapper-call"},
	{"a hook that is there", one(defsPath, sealDef, sealDef+sealDef), false, "bad-definition"},
	{"a definition that is not closed", one(defsPath, sealDef, "LSM_HOOK(int, 0, file_seal, struct file *file, u32 seals\n"), false, "bad-definition btf-set unknown-hook"},
	{"under a condition alone", one(defsPath, sealDef, "#ifdef CONFIG_SECURITY_PATH\n"+sealDef+"#endif\n"), true, "gate-differs hook-gate"},

	{"a semicolon", one(defsPath, sealDef, strings.TrimSuffix(sealDef, "\n")+";\n"), false, "bad-definition"},

	// A hook that is there already.
	{"another default of a hook", one(defsPath, "LSM_HOOK(int, 0, file_receive", "LSM_HOOK(int, -EPERM, file_receive"), true, "stub-answer"},
	{"another stub of a hook", one(headerOfLSMs, "static inline int security_file_receive(struct file *file)\n{\n\treturn 0;", "static inline int security_file_receive(struct file *file)\n{\n\treturn -EPERM;"), true, "stub-answer"},
	{"a wrapper that asks no hook any more", one(wrapperPath, "\treturn call_int_hook(file_receive, file);", "\treturn 0;"), true, "no-wrapper"},

	// Those who use it.
	{"nobody calls it", one(sealCaller, sealAsked, ""), true, "no-caller"},
	{"nobody calls it but in a comment", one(sealCaller, sealAsked, "\t/* security_file_seal(file, 1) */\n"), true, "no-caller"},
	{"nobody calls it where it is compiled", one(sealCaller, sealAsked, "#if 0\n"+sealAsked+"#endif\n"), true, "no-caller"},
	{"called by its address", one(sealCaller, sealAsked, "\tint (*ask)(struct file *, u32) = security_file_seal;\n\n\tif (ask(file, 1))\n\t\treturn -EACCES;\n"), true, ""},
	{"called with too few arguments", one(sealCaller, "security_file_seal(file, 1)", "security_file_seal(file)"), false, "wrapper-call"},
	{"called with what is exchanged", one(sealCaller, "security_file_seal(file, 1)", "security_file_seal(1, file)"), false, "wrapper-call"},
	{"called with a variable of another type", one(sealCaller, "security_file_seal(file, 1)", "security_file_seal(inode, 1)"), false, "wrapper-call"},
	{"called with variables that are exchanged", one(sealCaller, "security_file_seal(file, 1)", "security_file_seal(ctx, file)"), false, "wrapper-call"},
	{"called, and the answer looked at nowhere", one(sealCaller, sealAsked, "\tsecurity_file_seal(file, 1);\n"), true, "wrapper-call"},
	{"called, and the answer dropped by intent", one(sealCaller, sealAsked, "\t(void)security_file_seal(file, 1);\n"), true, ""},
	{"nobody implements it", []edit{{sealUser, sealFn, ""}, {sealUser, sealInit, ""}}, true, "no-user"},
	{"an implementer of another type", one(sealUser, "lockdown_file_seal(struct file *file, u32 seals)", "lockdown_file_seal(struct file *file, u64 seals)"), false, "shim-type"},
	{"an implementer that is not there", one(sealUser, sealFn, ""), false, "undefined-function"},
	{"an implementer that is freed", one(sealUser, "static int lockdown_file_seal", "static int __init lockdown_file_seal"), true, "freed-at-boot"},
	{"a misspelled hook in a set", one(setsPath, "bpf_lsm_file_seal)", "bpf_lsm_file_sealed)"), true, "btf-set"},
	{"in a set by another name", one(setsPath, sealSet, "BTF_ID(func, file_seal)\n"), true, "btf-set"},
	{"in no set", one(setsPath, sealSet, ""), true, ""},
}
