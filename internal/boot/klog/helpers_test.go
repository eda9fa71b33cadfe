// SPDX-License-Identifier: GPL-2.0-only

package klog

import "testing"

// TestHelpers: the helpers are those of the kernel's core. Their names were begins such as "wait_for", by which 1,191 functions of
// drivers, filesystems and the network of Linux 7.3 were taken for helpers, and their callers named in their place.
func TestHelpers(t *testing.T) {
	for _, fn := range []string{
		"wait_for_random_bytes", "wait_on_dquot", "watchdog_ping", "schedule_copy", "delay_drop_handler", "timer_scan_cb", "kick_requests",
		"serial8250_do_set_mctrl", "univ8250_setup_irq", "aes_set_key", "crc_pwm_apply", "preempt_fence_work_func", "check_preemption_failed",
		"__update_mc_list", "arch_timer_mmio_probe", "bitmap_unplug_async", "__bitmap_resize", "copy_to_user_policy", "copy_from_user_tmpl",
		"__copy_xattr_names", "_find_opp_table", "_dev_pm_opp_cpumask_remove_table", "atomic_open", "atomic_pool_expand", "poison_urbs",
		"memcpy_extent_buffer", "memcmp_node_keys", "strcmp_xattr_acl", "raw_read", "print_irq_status", "el15203000_cmd", "__wait_latch",
		"copy_page_range", "get_user_pages", "set_bitmap_file", "test_bitops_startup", "tick_tock", "hex_policy", "idr_add_uobj", "segv_policy", "oops_policy",
		"die_policy", "mt_find_application", "dma_alloc_page_table", "<kernel::lsm::Hook>::call",
	} {
		if isHelper(fn) {
			t.Errorf("%s is taken for a helper", fn)
		}
	}
	for _, fn := range []string{
		"wait_for_completion_timeout", "wait_on_page_writeback", "__wait_on_bit", "watchdog_timer_fn", "schedule_timeout", "delay_tsc", "timer_delete_sync",
		"kick_process", "serial8250_console_write", "io_serial_in", "aes_encrypt", "crc_t10dif_update", "preempt_count_add", "check_preemption_disabled",
		"__up_read", "bitmap_find_next_zero_area_off", "__bitmap_and", "copy_to_user", "_copy_from_user", "_find_next_bit", "_dev_err", "atomic_read",
		"atomic_notifier_call_chain", "memcpy", "memset_erms", "memcpy_toio", "__memcpy", "strcmp", "raw_write_lock_irq", "el1_abort", "el0t_64_sync",
		"el1h_64_irq_handler", "hwrng_unregister", "do_DataAbort",
		"seq_printf", "kstrtoull", "mas_walk", "siphash_1u64", "__div64_32", "static_key_slow_inc_cpuslocked", "notifier_chain_register", "rcuref_put_slowpath",
		"percpu_ref_kill_and_confirm", "refill_objects", "__pcs_replace_empty_main", "free_irq", "__enable_irq", "dma_unmap_page_attrs", "check_unmap", "yield",
		"autoremove_wake_function", "__lock_contended", "is_dynamic_key", "lookup_chain_cache_add", "__asm_copy_to_user", "handle_break", "__pi_strlen", "tick_sched_handle", "audit_log_format",
		"<kernel::sync::arc::Arc<a::B> as core::clone::Clone>::clone", "kernel::alloc::kvec::Vec::push",
	} {
		if !isHelper(fn) {
			t.Errorf("%s is no helper", fn)
		}
	}
}
