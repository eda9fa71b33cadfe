// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"regexp"
	"strings"
	"sync"
)

// helpers are functions that are never where a fault is: what reports it, what checks it, what
// takes locks, copies memory, allocates, waits; by where they stand in the source. A name ends
// with $ where only that one is meant; else whatever begins with it is.
var helpers = [...]struct{ where, names string }{
	{"lib/dump_stack.c, kernel/panic.c, lib/bug.c", `dump_stack __dump_stack dump_trace um_set_signals change_sig$ (?:un)?block_signals show_stack dump_backtrace show_regs show_trace unwind_ return_address panic$ vpanic$ panic_(?:other_cpus|print|reset|saved_regs|smp|trigger|try_) nmi_panic check_panic_on_warn
		__warn warn_slowpath report_bug __report_bug handle_bug fixup_bug bug_handler brk_handler bug_brk call_break_hook __stack_chk_fail oops_(?:begin|end|enter|exit) add_taint do_warn_ fortify_panic __fortify_ __write_overflow __read_overflow`},
	{"arch/*/kernel/traps.c, entry", `exc_ asm_exc_ do_trap do_error_trap invalid_op$ page_fault do_page_fault __do_page_fault handle_page_fault do_user_addr_fault do_kern_addr_fault
		bad_area __bad_area no_context page_fault_oops kernelmode_fixup die$ die_(?:addr|body|kernel_fault|kmmio) __die do_kernel_bug do_general_protection general_protection error_entry async_page_fault do_invalid_op
		do_mem_abort do_translation_fault die_kernel_fault __do_kernel_fault el[01][ht]?_ do_debug_exception do_undefinstr do_double_fault handle_exception handle_bad_stack notify_die
		asm_sysvec_ sysvec_ __sysvec_ apic_timer_interrupt smp_trace_apic local_apic_timer __run_hrtimer exiting_irq entering_irq asm_call_ smp_apic_ ret_from_intr call_irq common_interrupt asm_common_interrupt irq_exit __irq_exit do_softirq __do_softirq handle_softirqs invoke_softirq
		__irq_svc __und_svc __dabt_svc __pabt_svc do_undef segv_handler$ segv$ sig_handler bus_handler hard_handler unhandled_exception ret_from_exception do_trap_ nmi$ end_repeat_nmi asm_exc_nmi default_do_nmi nmi_cpu_backtrace
		arch_timer_handler_ handle_percpu_devid generic_handle_ __handle_domain gic_handle handle_domain_irq do_interrupt_handler call_on_irq_stack retint_ do_tag_check mte_check_tfsr do_bad_area is_valid_bugaddr __panic panic_bad_stack bad_mode bad_el0 do_alignment do_DataAbort do_PrefetchAbort do_sea __probe_kernel_read irqentry_ exc_nmi
		arch_trigger_cpumask nmi_trigger_cpumask trigger_single trigger_all trigger_cpumask exception_nmi first_nmi
		do_kernel_fault$ arm64_notify_die do_el[01]_ early_brk64 handle_break$ do_irq$ handle_riscv_irq riscv_intc_ bad_segv$ relay_signal$ userspace$ new_thread_handler$ handle_syscall$ ct_(?:irq|nmi|kernel|idle|user)_ __ct_user_`},
	{"mm/kasan, kmsan, kfence, kernel/kcsan, lib/ubsan.c", `kasan_ __kasan_ print_address_description print_report print_error_description complete_report check_memory_region check_region __asan_ __hwasan_ kmsan_ __msan_ kcsan_ __tsan_ __kcsan_ find_watchpoint check_access
		kfence_ __kfence_ __ubsan_ ubsan_ handle_overflow __sanitizer_ object_err slab_err slab_bug slab_pad free_partial __kernel_unpoison __kernel_poison kernel_init_pages print_trailer print_tracking check_poison_obj __slab_error slab_error cache_free_debug cache_alloc_debug free_to_partial_list check_object check_bytes on_freelist alloc_debug_processing free_debug_processing free_consistency_checks alloc_consistency_checks check_slab
		instrument_ __no_instrument __kmsan metadata_access kunit_ memory_is_poisoned bytes_is_nonzero check_page_allocation$ unpoison_slab_object$`},
	{"kernel/locking", `lock_acquire __lock_acquire lock_release __lock_release lockdep_ __lockdep check_prev check_deadlock check_noncircular check_wait_context check_usage check_irq check_lock check_flags check_chain check_no_coll check_unlock validate_chain mark_lock mark_held
		mark_usage print_deadlock print_circular print_usage print_irq_inversion print_irq_lock print_irqtrace print_bad print_unlock print_lock print_freed print_held print_collision lock_contended __lock_contended$ is_dynamic_key$ lookup_chain_cache add_chain_cache alloc_list_entry$ lock_sync$ lock_downgrade$ (?:__)?lock_(?:is_held|pin_lock|repin_lock|unpin_lock) find_held_lock$ match_held_lock$ __bfs$ valid_state register_lock_class look_up_lock_class assign_lock_key add_lock_to_list save_trace
		lock_set lock_is_held lock_sock$ lock_sock_nested __lock_sock release_sock$ task_rq_lock __task_rq_lock debug_check_no __debug_check_no debug_locks trace_hardirqs _raw_ __raw_ do_raw_ raw_spin raw_(?:read|write)_(?:un|try)?lock spin_ __spin_ reiserfs_write_lock read_lock write_lock read_unlock write_unlock queued_ native_queued __pv_queued pv_wait pv_kick kvm_wait arch_spin arch_read arch_write
		mutex_ __mutex_ down$ down_read down_write down_interruptible down_killable down_trylock down_timeout __down up_read up_write up$ __up$ __up_read __up_write __up_console rwsem_ __rwsem percpu_down percpu_up __percpu rt_mutex __rt_mutex task_blocks_on_rt_mutex rtlock rt_spin rt_read rt_write rwbase ww_mutex __ww_mutex rtnl_lock rtnl_trylock might_lock osq_ seqcount_ write_seqlock
		___might reacquire_held hlock_class __seqprop warn_bogus_irq print_stack_trace __debug_show __this_cpu_preempt spin_bug spin_dump rwlock_bug spinlock_ debug_spin debug_rwlock local_bh __local_bh arch_local_ local_lock lock_page __lock_page folio_lock __folio_lock inode_lock __might __cant_ __preempt preempt_count preempt_schedule preempt_latency debug_smp check_preemption_disabled
		suspicious_rcu console_lock console_trylock __console`},
	{"lib/refcount.c, list_debug.c, debugobjects.c", `refcount_ __refcount rcuref_ percpu_ref_ lockref_ kref_ list_add list_del list_move list_splice __list_add __list_del hlist_(?:add|del|replace|splice|move|bl_|nulls_) debug_object __debug_object debug_print_object debug_check debug_timer debug_hrtimer debug_rcu debug_work sysfs_warn_dup sysfs_create_dir sysfs_do_create atomic_(?:long_|inc|dec|add|sub|set|read|fetch|try_|cmpxchg|xchg|and|or|xor|andnot|notifier_)[a-z_]*$ atomic64 raw_atomic arch_atomic
		rb_insert rb_erase rb_next rb_first __rb_ rhashtable_ __rhashtable xa_ __xa_ xas_ idr_(?:alloc|destroy|find|for_each|get_|init|preload|remove|replace) ida_ llist_ plist_ _find_(?:first|last|next|nth)_ _atomic_dec refcount_warn test_and_ ref_tracker_ cleanup_srcu add_uevent proc_register proc_create read_word __read_once vscnprintf va_format print_hex_dump devres_release get_device_parent assertfail __bad_stack crc16 crc32 crc_(?:ccitt|itu|t10dif) hex_(?:byte_pack|dump_to_buffer|string$|to_bin) hex2bin$ bin2hex$ string$ format_decode widen_string put_dec jhash _compound_head drop_nlink inc_nlink set_nlink mark_buffer fast_dput umount_check d_walk do_one_tree shrink_dcache test_bit$ set_bit$ clear_bit$ bitmap_(?:alloc|zalloc|free$|cut$|find_|fold$|from_arr|to_arr|onto$|parse|pos_to_ord|print_|remap$|bitremap$|list_string|string$|getnum|get_x32) __bitmap_(?:and|complement|equal|intersects|or|replace|set$|clear$|shift|subset|weight|xor) smp_call smp_load csd_ __csd flush_tlb_ native_flush`},
	{"drivers/base, fs/sysfs, lib/kobject.c, lib/klist.c", `kobject_ __kobject_ klist_ device_add$ device_del$ device_register$ device_unregister$ device_destroy$ device_release$ device_remove_file device_create_file put_device$ get_device$ sysfs_remove_ dpm_sysfs_`},
	{"kernel/irq/manage.c, devres.c", `(?:__)?(?:enable|disable|free)_(?:percpu_)?(?:irq|nmi)(?:$|_nosync) request_(?:threaded|percpu|any_context)_(?:irq|nmi) devm_(?:request|free)_\w*irq$ irq_set_irq_wake$ __irq_set_ synchronize_(?:hard)?irq$`},
	{"kernel/dma/mapping.c, debug.c", `dma_(?:map|unmap|sync|alloc|free)_(?:attrs|coherent|pages$|page_attrs$|phys|resource|sg|single|noncontiguous) debug_dma_ check_unmap$ check_sync$ check_for_stack$ check_for_illegal_area$ add_dma_entry$`},
	{"kernel/notifier.c, jump_label.c, static_call_inline.c, module/main.c", `notifier_chain_(?:un)?register (?:blocking|raw|srcu)_notifier_chain_ static_key_ __static_key_ jump_label_ __static_call_ static_call_update module_put$ try_module_get$ __module_get$`},
	{"lib: numbers, words, trees; fs/seq_file.c, libfs.c, sysfs/file.c; kernel/audit.c", `_?kstrto simple_strto vsscanf$ sscanf$ scnprintf$ sprintf$ vsprintf$ argv_(?:split|free) match_(?:token|string|int|strdup) __sysfs_match strim$ skip_spaces$ strcat$ strncat$ stpcpy$ strcspn$ strnchr(?:$|nul) bcmp$ memweight$ strndup_user$ copy_struct_
		bsearch$ sort$ sort_r list_sort$ div64_ __div64 iter_div_ mul_u64_ __u?(?:div|mod)di3$ gcd$ lcm$ siphash_ hsiphash_ __siphash xxh(?:32|64) mas_ mtree_ mt_(?:find$|find_after|next|prev|validate|destroy)
		seq_(?:printf|vprintf|bprintf|puts|putc|put_|write|pad|escape|hex_dump|path|dentry|file_path) simple_read_from simple_write_to memory_read_from sysfs_emit audit_log_(?:format|vformat|n_|string|untrusted|d_path)`},
	{"what cores of subsystems do for a driver that goes", `tty_unregister_device$ tty_unregister_driver$ hwrng_unregister$ __unregister_client$ __unregister_dummy$ device_for_each_child bus_for_each_ driver_for_each_`},
	{"drivers/usb/core/urb.c, drivers/i2c/i2c-core-base.c", `usb_kill_ usb_poison_ usb_unlink_ usb_submit_urb$ usb_free_urb$ i2c_del_adapter$`},
	{"fs/inode.c, dcache.c", `iput$ dput$ igrab$`},
	{"net/core/dev.c, skbuff.c, sock.c", `rollback_registered unregister_netdev alloc_skb$ __alloc_skb dev_alloc_skb __dev_alloc_skb netdev_alloc_skb __netdev_alloc_skb napi_alloc_skb __napi_alloc_skb
		skb_put skb_push skb_panic skb_pull __skb_pull skb_trim skb_over skb_under pskb_expand sk_alloc$ sk_prot_alloc sk_stop_timer sk_reset_timer`},
	{"crypto, lib/crypto", `aes_(?:encrypt|decrypt|crypt|expandkey|cbc|ctr|ecb|xts) aesti_ crypto_ecb_ crypto_skcipher_ xts_encrypt xts_decrypt crypto_cipher_ cipher_crypt sha1 sha256`},
	{"mm/slub.c, page_alloc.c, vmalloc.c, usercopy.c", `kmalloc __kmalloc kzalloc kcalloc krealloc __krealloc kvmalloc __kvmalloc kvzalloc kvfree kfree __kfree kmem_cache __kmem_cache kmemdup kstrdup slab_ __slab ___slab new_slab allocate_slab alloc_slab
		__alloc_pages alloc_pages __alloc_frozen alloc_frozen __get_free_pages get_page_from_freelist prep_new_page get_free_pages free_pages __free_pages free_unref free_frozen __free_frozen free_pcp free_pcppages __folio_put folio_put put_page bad_page free_page_is_bad check_new_page page_frag list_lru_ __list_lru_
		vmalloc __vmalloc vzalloc vfree __vfree vunmap __vunmap pcpu_ __alloc_percpu mempool_ dma_pool pagealloc_ mem(?:set|cpy|move)(?:$|_orig|_erms|16$|32$|64$|_io$|_and_|_flushcache|_fromio|_toio|_(?:from|to)_(?:iter|page|folio)|_noinline) memcmp$ memchr memscan _{2,3}mem(?:set|cpy|move)(?:$|_orig|_erms|_flushcache|_fromio|_toio|_mc) strlen strcpy strncpy strscpy strcmp$ strncmp strcasecmp strchr strstr strnstr strpbrk strsep strspn strnlen strlcpy strlcat strrchr sized_str
		copy_(?:from|to)_user(?:$|_iter|_nofault|_inatomic|_page) _copy_ __copy_(?:from|to)_(?:user|iter) __copy_user __copy_overflow copy_user raw_copy rep_movs rep_stos clear_user __clear_user copy_page(?:$|_(?:mc|rep|regs|to_iter|from_iter)) copy_user_generic get_user(?:$|_no) put_user __get_user_(?:\d|no|asm|check|err) __put_user check_heap_object __check_heap __check_page check_stack_object check_page_span check_bogus __check_object_size check_object_size check_copy usercopy_ hardened_
		get_(?:any_)?partial(?:$|_node) get_from_(?:any_)?partial alloc_single_from_ alloc_from_(?:new_slab|pcs) free_to_pcs __free_to_pcs (?:__)?refill_(?:objects|sheaf) __pcs_ barn_(?:get|put|replace|shrink) put_cpu_partial __put_partials put_partials discard_slab$ free_slab$ freeze_slab$ get_freelist get_freepointer freelist_ptr_
		setup_object init_object$ shuffle_freelist do_slab_free$ cache_from_obj$ warn_free_bad_obj$ __do_kmalloc_node _kmalloc_nolock ___cache_free$ (?:__)?sheaf_flush rcu_free_sheaf flush_rcu_sheaf memcg_slab_ process_slab$ list_slab_objects$ restore_bytes$ validate_slab (?:__)?ksize$
		__asm_copy_ __asm_vector_usercopy fallback_scalar_ __mem(?:cpy|set)_(?:generic|aligned) paint_ptr$ (?:__)?paint_it$ make_(?:gray|black)_object$ add_scan_area$ __alloc_object$ __lookup_object$ object_no_scan$ object_set_excess_ref$
		mm_free warn_alloc alloc_page_inter alloc_pages_ folio_alloc __folio_alloc filemap_alloc __filemap_get pagecache_get __page_cache_alloc vma_alloc free_large_kmalloc ___kmalloc memdup_ page_pool_ __page_pool create_object __create_object __link_object delete_object make_kmemleak kmemleak_ sock_kmalloc kvasprintf kasprintf radix_tree_node alloc_inode$ poison_(?:page|element|slab|kmalloc|error) __unpoison arch_stack_walk walk_stackframe __save_stack is_bpf_text in_lock __kernel_text kernel_text stack_depot __stack_depot save_stack stack_trace post_alloc_hook set_page_owner __set_page_owner reset_page_owner instrument_copy __arch_copy_ __arch_clear_user copyin$ copyout$ csum_partial_copy sg_copy sg_next sg_miter dump_page simple_copy_ folio_unlock unlock_page folio_end_ folio_mark_ find_lock_entries find_get_entries truncate_inode_pages __phys_addr __virt_addr __virt_to_phys logic_in logic_out __raw_read __raw_write __dump_page print_bad_ vm_normal_`},
	{"kernel/sched, wait, completion, timers", `schedule$ schedule_(?:timeout|hrtimeout|preempt|debug|rtlock|idle$|user$|tail$) __schedule context_switch io_schedule preempt_schedule __cond_resched _cond_resched cond_resched yield$ autoremove_wake_function$ default_wake_function$ swake_up_ __swait_ wait_for_(?:completion|common|panic|vfork) __wait_(?:on|for_common|rcu|event) wait_on_(?:bit|page|folio|buffer|inode) wait_woken do_wait_for bit_wait out_of_line_wait __wait_on prepare_to_wait finish_wait
		msleep usleep ssleep __switch_to switch_to finish_task_switch dequeue_task enqueue_task try_to_wake wake_up_q wake_up_process wake_up_state wake_up_var wake_up_bit wake_up_page wake_up_klogd __wake_up flush_work __flush_work flush_workqueue __flush_workqueue cancel_work cancel_delayed synchronize_rcu synchronize_srcu __synchronize synchronize_net rcu_barrier
		hrtimer_ __hrtimer run_timer __run_timer update_process_times tick_(?:sched_|nohz_|do_|periodic$|handle_(?:oneshot|periodic)|program_event|irq_|broadcast_|oneshot_|setup_|switch_) timer_(?:delete|reduce|shutdown|fixup|base|is_static|interrupt$|wait_running|sync|destroy_on_stack|init_key) call_timer_fn expire_timers watchdog_(?:timer_fn|overflow|hardlockup|check_timestamp|interrupt_count|update_hrtimer) softlockup proc_sys_call check_hung hung_task watchdog$ add_timer __timer_ timer_delete __init_work __init_timer out_of_memory oom_kill dump_header mod_timer __mod_timer del_timer __ndelay __delay delay_(?:tsc|loop|halt|mwaitx|with) __const_udelay __udelay
		rcu_ __rcu_ sched_show_task _sched_show_task __call_rcu call_rcu dump_cpu_task print_other_cpu_stall print_cpu_stall check_cpu_stall synchronize_sched$ synchronize_sched_expedited$ native_write_msr native_apic x2apic_ default_send __x2apic native_smp native_safe_apic kick_(?:process|pool|ilb|all_cpus) irq_work __irq_work
		complete$ complete_all __queue_work __queue_delayed queue_work queue_delayed try_to_grab_pending __cancel_work drain_workqueue __flush_wq pwq_dec work_is_static lock_timer_base (?:__)?try_to_del_timer check_flush_dependency$ call_srcu$ __srcu_ srcu_check_ kthread_create_on_ __timer_delete init_timer_ insert_work destroy_workqueue alloc_unbound_pwq kthread_stop process_one_work worker_thread kthread$ ret_from_fork smpboot_thread_fn kthread_worker_fn sched_clock ktime_get read_tsc generic_exec generic_smp on_each_cpu smp_call_function stop_machine stop_one_cpu`},
	{"tracing, printk, console", `__traceiter trace_event trace_hard trace_lock trace_contention perf_trace ftrace_ arch_ftrace __fentry __sanitizer_cov write_comp_data check_kcov_mode canonicalize_ip _?prb_ _printk vprintk printk dev_vprintk dev_printk __dev_printk _dev_(?:emerg|alert|crit|err|warn|notice|info|printk)$ __netdev_printk netdev_printk __dynamic_(?:pr|dev|netdev|ibdev) console_unlock console_flush console_emit call_console_ serial8250_console serial8250_modem_status mem_serial io_serial univ8250_console_write uart_console_write wait_for_lsr nbcon_ __nbcon wait_for_xmitr
		kcov_ trace_raw __bpf_trace bpf_trace vsnprintf snprintf string_nocheck number$ pointer$`},
	{"rust/helpers", `rust_helper_ rust_begin_unwind rust_panic`},
	{"arch/*/kernel/vmlinux.lds.S, whose symbols are no functions", `_stext __rela_dyn_start`},
	{"of many subsystems", `\w+_panic$`},
	{"assembly between the kernel and a thunk", `__x86_indirect __x86_return srso_ retbleed_ __pfx_ asm_ restore_all entry_SYSCALL entry_INT80 entry_SYSENTER do_syscall_ do_int80 x64_sys_call syscall_return secondary_startup start_secondary common_startup invoke_syscall do_el0_svc ret_to_user ret_from_syscall syscall_exit el0_svc`},
}

// idle are functions of a processor that has nothing to do.
const idle = `^(?:default_idle|native_safe_halt|native_halt|pv_native_safe_halt|arch_safe_halt|arch_cpu_idle|cpu_idle|do_idle|mwait_idle|intel_idle|acpi_idle|acpi_safe_halt|cpuidle_|cpu_do_idle|poll_idle|__arch_cpu_idle|cpu_startup_entry)`

// dispatchers are functions that call what was asked for: system calls, operations of files and sockets, timers,
// packets, work and threads, hooks of LSMs. What they call is the same whenever the same fault is met below it.
const dispatchers = `^(?:do_syscall_|do_int80|do_fast_syscall|entry_|system_call|sysenter_|syscall_|stub_execve|ret_fast_syscall|x64_sys_call|ia32_sys_call|el0_svc|do_el0_svc|invoke_syscall|do_trap_ecall|ret_from_|int_ret_from|tracesys|` +
	`(?:__vfs_|vfs_|new_sync_|do_loop_|do_iter_|do_)(?:read|write)v?(?:_iter)?(?:_writev|_readv_writev)?$|call_(?:read|write)_iter$|kernel_(?:read|write)$|__kernel_(?:read|write)|do_vfs_ioctl|vfs_ioctl|(?:\w+_)?k?(?:sys|SyS|SYSC)_ioctl$|\w+_compat_ioctl$|(?:compat_|__)?blkdev_(?:driver_)?ioctl$|mmap_region|__mmap_region|__do_fault|` +
	`kernfs_fop_(?:read|write)_iter|sysfs_kf_(?:write|read|seq_show)$|(?:dev|kobj|drv|class|bus)_attr_(?:show|store)$|seq_read_iter|seq_read$|proc_reg_(?:read|write)|proc_sys_call_handler|configfs_(?:read|write)_iter|full_proxy_(?:read|write|unlocked_ioctl)|__fput|do_dentry_open|task_work_run|sock_(?:sendmsg|recvmsg|ioctl|do_ioctl|common_setsockopt|common_getsockopt|sendmsg_nosec|recvmsg_nosec|sendmsg_nosec)$|do_sock_(?:set|get)sockopt|__sys_(?:set|get)sockopt|` +
	`rtnetlink_rcv_msg|nfnetlink_rcv_msg|netlink_dump$|genl_family_rcv|process_one_work|process_scheduled_works|kthread$|call_timer_fn|expire_timers|__run_timers|__hrtimer_run_queues|__run_hrtimer|` +
	`tasklet_action|__do_softirq|handle_softirqs|__netif_receive_skb|do_one_initcall|cpu_startup_entry|smpboot_thread_fn|security_[a-z]|<?kernel::lsm::)`

// crossCalls wait for other processors.
const crossCalls = `^(?:smp_call_function|csd_lock_wait)`

// shared is what the whole kernel has one of: who waits for it is not who keeps it.
const shared = `^(?:rtnl_lock(?:_killable|_interruptible)?|rtnl_net_lock|synchronize_rcu(?:_expedited)?|synchronize_sched(?:_expedited)?|__?synchronize_srcu|synchronize_net|cpus_read_lock|lock_system_sleep)$`

// waiting are functions that wait for whoever calls them: for pages, for messages of devices, for a lock of the tty layer.
const waiting = `^(?:ldsem_|__ldsem_|tty_ldisc_lock|folio_wait_|wait_on_|do_read_cache_|(?:__)?filemap_fdata|fdatawait_|usb_start_wait_urb|usb_control_msg|usb_bulk_msg|usb_internal_control|call_rwsem|flush_all_|io_wq_|blk_execute_rq|submit_bio_wait)`

// interrupts are where a processor left what it did.
const interrupts = `^(?:apic_timer_interrupt|smp_apic_timer_interrupt|asm_sysvec_|asm_common_interrupt|ret_from_intr|common_interrupt|el1_irq|el1h_64_irq|__irq_svc|do_IRQ|retint_kernel|handle_arch_irq)`

// thunks are what a jump by a pointer goes through.
const thunks = `^(?:__x86_indirect|__x86_return|srso_|retbleed_|__llvm_retpoline)`

// reporters stand on top of a trace because they print it.
const reporters = `^(?:dump_|__dump_|show_|panic$|vpanic$|__warn|report_bug|die|__die|oops_|exc_|asm_exc_|do_error_trap|do_trap|page_fault|do_page_fault|__do_page_fault|bad_area|__bad_area|no_context)`

// helperFiles are sources whose place says nothing about a fault.
var helperFiles = []string{"lib/refcount.c", "include/linux/refcount.h", "lib/list_debug.c", "lib/debugobjects.c", "lib/kobject.c", "mm/usercopy.c", "rust/helpers/", "lib/string_helpers.c", "kernel/locking/"}

var helperRE = sync.OnceValue(func() *regexp.Regexp {
	var alternatives []string
	for _, h := range helpers {
		alternatives = append(alternatives, strings.Fields(h.names)...)
	}
	return regexp.MustCompile(`^(?:` + strings.Join(alternatives, "|") + `)`)
})

var (
	idleRE       = compiled(idle)
	crateRE      = compiled(crates)
	dispatcherRE = compiled(dispatchers)
	crossCallRE  = compiled(crossCalls)
	sharedRE     = compiled(shared)
	waitingRE    = compiled(waiting)
	interruptRE  = compiled(interrupts)
	thunkRE      = compiled(thunks)
	reporterRE   = compiled(reporters)
)

// crates are those of Rust's own library, and of the kernel's crate what stands for helpers of C: what fails there was
// called by somebody.
const crates = `^(?:__rustc|compiler_builtins|std|<?core|<?alloc|<?pin_init|<?kernel::(?:alloc|bitmap|error|init|list|maple_tree|print|rbtree|revocable|str|sync|types|uaccess|xarray))::`

func isHelper(fn string) bool {
	fn = plain(fn)
	return helperRE().MatchString(fn) || crateRE().MatchString(fn) || isIdle(fn)
}

func compiled(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func isDispatcher(fn string) bool { return dispatcherRE().MatchString(plain(fn)) }
func isCrossCall(fn string) bool  { return crossCallRE().MatchString(fn) }
func isShared(fn string) bool     { return sharedRE().MatchString(plain(fn)) }
func isInterrupt(fn string) bool  { return interruptRE().MatchString(fn) }
func isThunk(fn string) bool      { return thunkRE().MatchString(fn) }
func isReporter(fn string) bool   { return reporterRE().MatchString(fn) }
func isWaiting(fn string) bool    { return waitingRE().MatchString(fn) }

func isIdle(fn string) bool { return idleRE().MatchString(fn) }

func isHelperFile(file string) bool {
	for _, f := range helperFiles {
		if strings.HasPrefix(file, f) {
			return true
		}
	}
	return false
}
