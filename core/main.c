/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot, in the order in which it happens, and the composition root: the only file that knows
 * core, drivers and guest.
 */
#include <string.h>

#include <arch/boot.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <arch/sbi.h>
#include <arch/timer.h>
#include <arch/tlbsan.h>
#include <core/console.h>
#include <core/debug.h>
#include <core/driver.h>
#include <core/errno.h>
#include <core/guest_view.h>
#include <core/host.h>
#include <core/irq.h>
#include <core/load.h>
#include <core/log.h>
#include <core/memory.h>
#include <core/sched.h>
#include <core/seed.h>
#include <core/trace.h>
#include <core/vm.h>
#include <guest/guest.h>
#include <guest/nested/init.h>

static struct hext_limits limits = {.vmid_bits = -1, .nacl = NACL_FEATURES};

/* ---- Each hart ---- */

static void hart_init(struct cpu *c, bool first)
{
	if (!isa_has(&host.isa, ISA_H) || !hext_probe(&host.isa, &limits, first))
		panic("hart %lu has no hypervisor extension (H)", c->hartid);
	hpm_probe(&host.isa, first); /* leaves hvien as it is to be */
	hext_hart_init(&c->hext, hext_caps.nacl ? memory_pages(NACL_SHMEM_SIZE / PAGE_SIZE) : NULL);
	vmid_pool_init(&c->vmids, c->index, hext_caps.vmid_bits);
	timer_set(TIMER_NEVER);
	trace_hart_init();
	debug_hw_hart_init(c);
	irq_hart_init(c);
}

void cpu_main(struct cpu *c)
{
	hart_init(c, false);
	atomic_store_release(&c->online, 1); /* all of the above before the boot hart goes on */
	sched_loop(c);
}

/* ---- The boot hart ---- */

static void read_options(void)
{
	char buf[64];
	const char *bits;

	limits.no_sstc = host_option("no-sstc", buf, sizeof(buf)) != NULL;
	limits.no_svinval = host_option("no-svinval", buf, sizeof(buf)) != NULL;
	if (host_option("nacl", buf, sizeof(buf)))
		limits.nacl = hext_nacl_features(buf);
	bits = host_option("vmid-bits", buf, sizeof(buf));
	if (bits && bits[0] >= '0' && bits[0] <= '9')
		limits.vmid_bits = bits[1] ? (bits[0] - '0') * 10 + (bits[1] - '0') : bits[0] - '0';
}

static void banner(void)
{
	const struct hext_caps *h = &hext_caps;

	log_info("Nacre on %s: %u hart%s, %lu MiB of RAM, %s", host.model, cpu_count,
		 cpu_count == 1 ? "" : "s", (unsigned long)(memory_total_pages() * PAGE_SIZE >> 20),
		 mmu_mode_name());
	if (host.ram_ignored)
		log_warn("%u banks of RAM are not used: no more than %u are", host.ram_ignored,
			 HOST_RAM_MAX);
	if (host.harts_ignored)
		log_warn("%u harts are not used: no more than %u are", host.harts_ignored,
			 HOST_HARTS_MAX);
	log_info("hypervisor extension: %s, VMID bits %u, G-stage%s%s%s%s%s%s", hext.name,
		 h->vmid_bits, h->gstage_modes & BIT(HGATP_MODE_SV39X4) ? " Sv39x4" : "",
		 h->gstage_modes & BIT(HGATP_MODE_SV48X4) ? " Sv48x4" : "",
		 h->gstage_modes & BIT(HGATP_MODE_SV57X4) ? " Sv57x4" : "", h->sstc ? ", Sstc" : "",
		 h->vector ? ", vector" : "", h->stateen ? ", Smstateen" : "");
	if (hpm_caps.counters)
		log_info("hardware counters for guests: %d", __builtin_popcount(hpm_caps.counters));
	tlbsan_start();
}

/* The boot loader's. */
static void make_guests(void)
{
	static struct vm_ops vm_ops;
	static struct load load;
	struct console_config con;
	char err[160];

	vm_ops = guest_ops;
	nested_init(&vm_ops);
	load_init(&vm_ops);
	if (host.initrd_end <= host.initrd_start)
		panic("no bundle: the boot loader passed no initrd (linux,initrd-start in "
		      "/chosen)");
	if (load_open(&load, phys_to_virt(hpa(host.initrd_start)),
		      host.initrd_end - host.initrd_start, err, sizeof(err)))
		panic("bundle: %s", err);
	if (config_check_root(&load.config, err, sizeof(err)))
		log_warn("%s", err);
	if (config_console(&load.config, &con, err, sizeof(err)))
		log_warn("%s", err);
	guest_view_enable(!con.no_debug);
	console_configure(&con);
	if (console_polls())
		sched_poll(console_poll);
	load_guests(&load);
}

static void start_guests(void)
{
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (vm->starting) {
			if (vm_start(vm))
				log_warn("%s: cannot be started", vm->name);
			else
				log_info("%s: %u vcpu%s, %lu MiB", vm->name, vm->nvcpus,
					 vm->nvcpus == 1 ? "" : "s",
					 (unsigned long)(vm->ram_size >> 20));
		}
}

/* Nothing runs: that is wanted when guests wait for the monitor (no-autostart), and a failure
 * otherwise. */
static void report_idle(void)
{
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		if (!vm->cfg.autostart) {
			log_info("%s: not started (no-autostart): the monitor can", vm->name);
			return;
		}
	vm_power_off_if_last(true);
}

/* On the hart's own stack. */
static void boot_hart(void *arg)
{
	struct cpu *c = arg;
	uint64_t images = 0, now;

	drivers_probe();
	log_console_ready();
	hart_init(c, true);
	c->online = 1;
	cpu_start_others();
	timer_init(hext_caps.sstc); /* until here SBI TIME: a later hart may be without Sstc */
	hext_choose();
	isa_limit_henvcfg(&host.isa, hext_caps.henvcfg);
	memory_use_cbo_zero(host.cboz_block);
	memory_use_cbo_flush(host.cbom_block);
	banner();
	make_guests();
	trace_boot();
	start_guests();
	for (struct vm *vm = vm_list; vm; vm = vm->next)
		images += vm->build_ticks;
	now = timer_now();
	log_info("boot: %lu us to the first guest, %lu us of it for images and zeroing",
		 (unsigned long)((now - boot_time) * 1000000 / host.timebase),
		 (unsigned long)(images * 1000000 / host.timebase));
	report_idle();
	sched_loop(c);
}

void boot_main(uint64_t hartid, uint64_t fdt_pa)
{
	struct mem_range tree = {fdt_pa, fdt_pa};
	struct cpu *c;
	char err[160];
	int bad = host_parse(mmu_fdt(fdt_pa), err, sizeof(err));

	host.fdt_pa = fdt_pa;
	tree.end += host.fdt_size;
	if (bad)
		panic("%s", err);
	if (!mmu_init(host.ram, host.nram, &tree))
		panic("memory is too scattered: out of early page tables");
	if (!memory_init(load_area_option()))
		load_area_refused();
	seed_init();
	read_options();
	c = cpu_init_boot(hartid);
	hart_set_tp(c);
	call_on_stack(c->stack_top, c, boot_hart);
}
