/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual devices of a VM: a PLIC with one context per vcpu, and a UART on the VM's console
 * port.
 *
 * Everything here is under vm->dev_lock, which the entries take: the guest's accesses and the
 * console's callbacks (any hart, no console lock held). The ops of vuart and vplic are called by
 * those two files, so with the lock held; they call the console and the scheduler, whose locks come
 * after it, and never an entry.
 */
#include <string.h>

#include <arch/mmu.h>
#include <core/console.h>
#include <core/errno.h>
#include <core/memory.h>
#include <core/vcpu.h>
#include <core/vm.h>
#include <guest/vplic.h>
#include <guest/vuart.h>
#include "devices.h"

#define UART_SIZE  0x100
#define UART_BURST 1024 /* bytes without a rest */

struct guest_devices {
	struct vuart uart;
	struct console_port *port; /* NULL: no console and no UART */
	/*
	 * Input goes to the UART only while the guest uses that: each UART access says so, each SBI
	 * console read the opposite. Else the FIFO of a UART that nobody reads would swallow the
	 * first bytes of an SBI console.
	 */
	bool uart_listens;
	/*
	 * The line has no speed: the FIFOs are full, or empty, again as soon as the guest has seen
	 * to them, and Linux' handler goes on while there is something to do. It would take no
	 * timer interrupt for as long. So after a burst of bytes there is nothing more to do for 10
	 * to 20 ms: nothing is received, and the transmitter asks for nothing.
	 */
	unsigned uart_bytes; /* of the burst */
	bool uart_rests;
	struct vplic plic;
	struct vplic_context context[]; /* one for each vcpu */
};

static struct guest_devices *devices(const struct vm *vm)
{
	return vm->devices;
}

/* ---- The PLIC ---- */

static void plic_line(void *ctx, unsigned context, bool level)
{
	struct vm *vm = ctx;

	vcpu_set_line(vm->vcpu[context], IRQ_VSEI, level);
}

static const struct vplic_ops plic_ops = {.line = plic_line};

static int plic_access(void *dev, struct mmio_access *a)
{
	struct vm *vm = dev;
	struct vplic *p = &devices(vm)->plic;

	if (!vplic_access_ok(a->offset, a->size))
		return -NACRE_EFAULT;
	spin_lock(&vm->dev_lock);
	if (a->write)
		vplic_write(p, (uint32_t)a->offset, (uint32_t)a->value);
	else
		a->value = vplic_read(p, (uint32_t)a->offset);
	spin_unlock(&vm->dev_lock);
	return 0;
}

static const struct bus_ops plic_bus = {.access = plic_access};

/* ---- The UART ---- */

/* One byte has passed. A guest that polls is left alone. */
static void uart_count(struct guest_devices *d)
{
	if (!d->uart.ier || d->uart_rests || ++d->uart_bytes < UART_BURST)
		return;
	d->uart_bytes = 0;
	d->uart_rests = true;
	vuart_tx_rest(&d->uart, true);
	console_port_rest(d->port);
}

static bool uart_tx(void *ctx, uint8_t byte)
{
	struct guest_devices *d = devices(ctx);

	if (!console_port_put(d->port, byte))
		return false;
	uart_count(d);
	return true;
}

static void uart_irq(void *ctx, bool level)
{
	vplic_set_level(&devices(ctx)->plic, VM_UART_IRQ, level);
}

/* Waiting input into the receive FIFO, as far as it goes. Holder of dev_lock. */
static void uart_pull(void *ctx)
{
	struct vm *vm = ctx;
	struct guest_devices *d = devices(vm);
	int c;

	while (!d->uart_rests && vuart_rx_space(&d->uart) && (c = console_port_get(d->port)) >= 0) {
		vuart_rx(&d->uart, (uint8_t)c);
		uart_count(d);
	}
}

static const struct vuart_ops uart_ops = {.tx = uart_tx, .irq = uart_irq, .rx_room = uart_pull};

/* Wider accesses than a byte reach the register at their own address. */
static int uart_access(void *dev, struct mmio_access *a)
{
	struct vm *vm = dev;
	struct guest_devices *d = devices(vm);

	spin_lock(&vm->dev_lock);
	if (!d->uart_listens) {
		d->uart_listens = true;
		uart_pull(vm);
	}
	if (a->write)
		vuart_write(&d->uart, (unsigned)a->offset, (uint8_t)a->value);
	else
		a->value = vuart_read(&d->uart, (unsigned)a->offset);
	spin_unlock(&vm->dev_lock);
	return 0;
}

static const struct bus_ops uart_bus = {.access = uart_access};

/* ---- The console's side ---- */

static void port_input(void *ctx)
{
	struct vm *vm = ctx;

	spin_lock(&vm->dev_lock);
	if (devices(vm)->uart_listens)
		uart_pull(vm);
	spin_unlock(&vm->dev_lock);
}

static void port_output(void *ctx)
{
	struct vm *vm = ctx;

	spin_lock(&vm->dev_lock);
	vuart_tx_ready(&devices(vm)->uart);
	spin_unlock(&vm->dev_lock);
}

static void port_rested(void *ctx)
{
	struct vm *vm = ctx;
	struct guest_devices *d = devices(vm);

	spin_lock(&vm->dev_lock);
	d->uart_rests = false;
	vuart_tx_rest(&d->uart, false);
	if (d->uart_listens)
		uart_pull(vm);
	spin_unlock(&vm->dev_lock);
}

static const struct console_port_ops port_ops = {
	.input = port_input,
	.output = port_output,
	.rested = port_rested,
};

bool guest_has_console(const struct vm *vm)
{
	return devices(vm)->port != NULL;
}

bool guest_console_put(struct vm *vm, uint8_t c)
{
	struct guest_devices *d = devices(vm);

	return !d->port || console_port_put(d->port, c);
}

int guest_console_get(struct vm *vm)
{
	struct guest_devices *d = devices(vm);

	if (!d->port)
		return -1;
	spin_lock(&vm->dev_lock);
	d->uart_listens = false;
	spin_unlock(&vm->dev_lock);
	return console_port_get(d->port);
}

/* ---- Life ---- */

/* The port last: it cannot be given back. */
static int add_uart(struct vm *vm)
{
	const struct bus_range range = {
		gpa(VM_UART_BASE), UART_SIZE, &uart_bus, vm, "uart",
	};
	int err = bus_add(&vm->bus, &range);

	if (err)
		return err;
	devices(vm)->port = console_port_new(vm->name, &port_ops, vm);
	return devices(vm)->port ? 0 : -NACRE_ENOMEM;
}

int devices_create(struct vm *vm)
{
	const struct bus_range plic = {
		gpa(VM_PLIC_BASE), PLIC_SIZE, &plic_bus, vm, "plic",
	};
	uint64_t pages =
		ALIGN_UP(sizeof(struct guest_devices) + vm->nvcpus * sizeof(struct vplic_context),
			 PAGE_SIZE) >>
		PAGE_SHIFT;
	struct guest_devices *d = memory_pages(pages);
	int err;

	if (!d)
		return -NACRE_ENOMEM;
	vm->devices = d;
	/* The port calls back as soon as it is there. */
	devices_reset(vm);
	err = bus_add(&vm->bus, &plic);
	if (!err && vm->cfg.console != VM_CONSOLE_NONE)
		err = add_uart(vm);
	if (err) {
		vm->devices = NULL;
		memory_free(virt_to_phys(d), pages);
	}
	return err;
}

void devices_reset(struct vm *vm)
{
	struct guest_devices *d = devices(vm);

	spin_lock(&vm->dev_lock);
	vplic_init(&d->plic, d->context, vm->nvcpus, &plic_ops, vm);
	vuart_init(&d->uart, &uart_ops, vm);
	d->uart_listens = d->uart_rests = false;
	d->uart_bytes = 0;
	for (unsigned i = 0; i < vm->nvcpus; i++)
		vcpu_set_line(vm->vcpu[i], IRQ_VSEI, false);
	spin_unlock(&vm->dev_lock);
}

/* ---- For the monitor ---- */

static_assert(VPLIC_WORDS == VM_IRQ_WORDS, "all of the PLIC's sources are shown");

void devices_irqs(struct vm *vm, unsigned vcpu, struct vm_irqs *out)
{
	struct guest_devices *d = devices(vm);

	*out = (struct vm_irqs){0};
	spin_lock(&vm->dev_lock);
	memcpy(out->level, d->plic.level, sizeof(out->level));
	memcpy(out->pending, d->plic.pending, sizeof(out->pending));
	memcpy(out->claimed, d->plic.claimed, sizeof(out->claimed));
	memcpy(out->priority, d->plic.priority, sizeof(out->priority));
	if (vcpu < d->plic.ncontexts) {
		memcpy(out->enabled, d->context[vcpu].enable, sizeof(out->enabled));
		out->threshold = d->context[vcpu].threshold;
	}
	out->uart_used = d->uart_listens;
	out->uart_ier = d->uart.ier;
	out->uart_out = d->uart.tx_count;
	spin_unlock(&vm->dev_lock);
}

int devices_poke(struct vm *vm, enum vm_poke what, unsigned n)
{
	struct guest_devices *d = devices(vm);

	if (what == VM_POKE_BREAK ? !d->port : n == 0 || n > VPLIC_SOURCES)
		return -NACRE_ENOENT;
	spin_lock(&vm->dev_lock);
	if (what == VM_POKE_BREAK) {
		vuart_break(&d->uart);
	} else {
		vplic_set_level(&d->plic, n, true);
		vplic_set_level(&d->plic, n, false);
	}
	spin_unlock(&vm->dev_lock);
	return 0;
}
