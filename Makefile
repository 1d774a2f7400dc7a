# SPDX-License-Identifier: BSD-2-Clause
#
#   make            build/nacre.bin: flat image with the Linux Image header, for OpenSBI, QEMU, U-Boot
#   make run        everything from set-up to a guest's shell in QEMU (variables: scripts/run.sh)
#   make nested     the same with Nacre under Nacre; DEPTH=3: one more; L1=kvm: with Linux's hypervisor under Nacre
#   make gdb        the same, with gdb on the serial line (GUEST= GDB_ARGS= GDB_LINE=: scripts/gdb.sh); make gdb-host: on QEMU, for Nacre
#   make trace      the same, traced: build/trace.json for Perfetto, build/trace.svg (TRACE= ...: scripts/trace.sh)
#   make test       everything; the last line is "N passed, N failed". Parts: unit check fuzz guest boot
#   make bench      instructions per operation, natively and under Nacre; make bench-nested: of hypervisors under Nacre
#   make TLBSAN=1   build/tlbsan/nacre.bin: the same, and it watches its own fences
#   make setup      only install what is missing
#
# V=1 shows the commands. All output goes to build/.

MAKEFLAGS	+= --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
Q		:= $(if $(V),,@)

# TLBSAN=1: with the fence watcher (arch/tlbsan.h), all in build/tlbsan/.
BUILD		:= build$(if $(TLBSAN),/tlbsan)
CROSS_COMPILE	?= riscv64-unknown-elf-
CC		:= $(CROSS_COMPILE)gcc
OBJCOPY		:= $(CROSS_COMPILE)objcopy
HOSTCC		?= gcc
CLANG		?= clang

# ---- Sources -------------------------------------------------------------------------------------------

# Pure files: no CSR, no assembly, no clock, no lock, no hidden state. They are built for the host too, where
# they are tested and fuzzed. They may include one another's headers, include/spec and BASE_HEADERS.
PURE := core/bundle.c core/bus.c core/config.c core/config_prop.c core/fdt.c core/gdb.c core/gdb_data.c \
	core/gdb_run.c core/gdb_text.c core/gdb_wire.c core/gdb_xml.c core/host.c core/kallsyms.c core/line.c \
	core/page.c core/points.c core/prefix.c core/printk.c core/rng.c core/trace_format.c core/why.c \
	arch/riscv/amo.c arch/riscv/amo_quick.c arch/riscv/dis.c arch/riscv/gstage.c arch/riscv/hfence.c \
	arch/riscv/inject.c arch/riscv/insn.c arch/riscv/isa.c arch/riscv/isa_guest.c arch/riscv/nacl_shmem.c \
	arch/riscv/step.c arch/riscv/tlbmodel.c arch/riscv/tlbmodel_l1.c arch/riscv/tlbmodel_stale.c \
	arch/riscv/tlbmodel_text.c arch/riscv/triggers.c arch/riscv/vmid.c arch/riscv/vwalk.c \
	guest/hartmask.c guest/image.c guest/vfdt.c guest/vplic.c guest/vpmu.c guest/vuart.c \
	guest/nested/ncsr.c guest/nested/nwalk.c
BASE_HEADERS := core/types.h core/errno.h core/log.h core/errtext.h core/ring.h arch/isa_rows.inc arch/tlbsan.h arch/world.h
# Headers of core that arch/riscv may include: it can say something, and panic.
ARCH_HEADERS := core/log.h

WATCHER := $(wildcard arch/riscv/tlbmodel*.c core/tlbsan.c)
SRCS := $(filter-out arch/riscv/offsets.c $(if $(TLBSAN),,$(WATCHER)), \
	$(sort $(wildcard core/*.c arch/riscv/*.c drivers/*.c guest/*.c guest/nested/*.c)))
ASMS := $(sort $(wildcard arch/riscv/*.S))
OBJS := $(SRCS:%.c=$(BUILD)/obj/%.o) $(ASMS:%.S=$(BUILD)/obj/%.o)
PURE_HERE := $(wildcard $(PURE))

# ---- Flags ---------------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
CPPFLAGS := -Iinclude -I$(BUILD)/include -MMD -MP $(if $(TLBSAN),-DTLBSAN)

# libfdt.a is a lp64d package, and the linker refuses to mix ABIs; scripts/check-elf.sh proves that no FP
# instruction came along. gp stays unused (no __global_pointer$, so calls are relaxed and nothing else) and tp is ours.
SPECS := --specs=picolibc.specs -DPICOLIBC_INTEGER_PRINTF_SCANF
ARCH := -march=rv64imafdc_zicsr_zifencei -mabi=lp64d -mcmodel=medany
CFLAGS := -std=gnu11 -O2 -g $(WARN) $(ARCH) $(SPECS) -ffreestanding -fno-pic -fno-common \
	-ffunction-sections -fdata-sections -fstack-protector-strong -mstack-protector-guard=global
LDFLAGS := $(ARCH) $(SPECS) -nostartfiles -static -T linker.ld -Wl,--build-id=none \
	-Wl,--fatal-warnings -Wl,-Map=$(BUILD)/nacre.map

# LIBFDT=<dtc checkout>/libfdt builds libfdt from source instead of taking the package's libfdt.a.
ifdef LIBFDT
FDT_INCLUDE := $(LIBFDT)
FDT_LIB := $(patsubst $(LIBFDT)/%.c,$(BUILD)/libfdt/%.o,$(wildcard $(LIBFDT)/fdt*.c))
else
FDT_INCLUDE := build/sysroot/include
FDT_LIB := build/sysroot/libfdt.a
endif

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HOST_CFLAGS := -std=gnu11 -O1 -g $(WARN) $(SANITIZE) -Itests/fake -Iinclude -MMD -MP
CLANG_TARGET := --target=riscv64-unknown-elf -march=rv64imafdc -mabi=lp64d -mcmodel=medany -std=gnu11 \
	-ffreestanding -isystem $(shell $(CC) -print-sysroot 2>/dev/null)/usr/lib/picolibc/riscv64-unknown-elf/include \
	-isystem $(FDT_INCLUDE) -Iinclude -I$(BUILD)/include

# What runs at boot or when a person types is compiled for size; the rest is the exit path.
COLD := $(filter core/main.c core/config%.c core/bundle.c core/host.c core/fdt.c core/monitor%.c core/vm_create.c core/vm_isa.c \
	core/crash.c core/load.c core/cpu.c core/guest_%.c core/log.c core/rng.c core/seed.c arch/riscv/isa%.c arch/riscv/mmu.c arch/riscv/hext.c \
	guest/image.c guest/loader.c guest/vfdt.c drivers/%.c core/debug%.c core/gdb%.c core/points.c arch/riscv/step.c \
	arch/riscv/dis.c core/line.c core/kallsyms.c core/printk.c core/trace.c core/trace_format.c core/why.c \
	core/vcpu_hpm.c arch/riscv/hpm.c guest/vsbi_pmu.c arch/riscv/dbtr.c arch/riscv/triggers.c,$(SRCS))
$(COLD:%.c=$(BUILD)/obj/%.o): CFLAGS += -Os -msave-restore

# Turned into straight code, the answers' common ends cost each of them two more moves.
$(BUILD)/obj/arch/riscv/hext_fast.o $(BUILD)/obj/arch/riscv/hext_nacl_fast.o: CFLAGS += -fno-if-conversion

# ---- The hypervisor ------------------------------------------------------------------------------------

.PHONY: all
all: $(BUILD)/nacre.bin

$(BUILD)/nacre.bin: $(BUILD)/nacre.elf
	$(Q)$(OBJCOPY) -O binary $< $@

$(BUILD)/nacre.elf: $(OBJS) linker.ld $(FDT_LIB) scripts/check-elf.sh
	@echo "  LD      $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(OBJS) $(FDT_LIB)
	$(Q)CROSS_COMPILE=$(CROSS_COMPILE) scripts/check-elf.sh $@

$(BUILD)/obj/%.o: %.c | $(FDT_LIB)
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -isystem $(FDT_INCLUDE) -c -o $@ $<

$(BUILD)/obj/%.o: %.S $(BUILD)/include/asm-offsets.h
	@echo "  AS      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -D__ASSEMBLY__ -c -o $@ $<

# offsets.c is only compiled to assembly, where it leaves lines of the form "->NAME VALUE".
$(BUILD)/include/asm-offsets.h: arch/riscv/offsets.c | $(FDT_LIB)
	@echo "  GEN     $@"
	@mkdir -p $(@D) $(BUILD)/obj/arch/riscv
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -MF $(BUILD)/obj/arch/riscv/offsets.d -MT $@ -S -o $@.s $<
	$(Q)sed -n 's/^->\([A-Za-z0-9_]*\) \(.*\)$$/#define \1 \2/p' $@.s >$@.tmp
	$(Q)rm $@.s && mv $@.tmp $@

build/sysroot/libfdt.a:
	$(Q)scripts/setup.sh tools

$(BUILD)/libfdt/%.o: $(LIBFDT)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ARCH) $(SPECS) -O2 -ffreestanding -ffunction-sections -I$(LIBFDT) -c -o $@ $<

# ---- Host tests: each program is linked with what it needs of the pure files -----------------------------

# Room guest reads no CSR either: with the core and the <arch/atomic.h> of tests/fake it runs on the host too.
# The back ends for the hypervisor extension run on the CSRs and fences of a machine that a test makes up.
FAKED := $(filter-out $(PURE_HERE),$(wildcard guest/*.c)) core/vcpu_hpm.c guest/nested/vsbi_nacl.c arch/riscv/hext_native.c \
	arch/riscv/hext_fast.c arch/riscv/hext_nacl.c arch/riscv/hext_nacl_fast.c $(wildcard tests/fake/*.c) \
	$(wildcard scripts/trace/trace_*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ_TESTS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: unit-programs fuzz-programs
unit-programs: $(UNIT_TESTS)
fuzz-programs: $(FUZZ_TESTS)

$(BUILD)/host/libpure.a: $(patsubst %.c,$(BUILD)/host/%.o,$(PURE_HERE) $(FAKED))
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/fuzz/libpure.a: $(patsubst %.c,$(BUILD)/fuzz/%.o,$(PURE_HERE) $(FAKED))
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -c -o $@ $<

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(HOST_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/host/libpure.a
	@echo "  UNIT    $*"
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MF $@.d -o $@ $< $(filter %.a,$^) -lcmocka -lfdt

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/libpure.a
	@echo "  FUZZ    $*"
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(HOST_CFLAGS) -fsanitize=fuzzer -MF $@.d -o $@ $(filter %.c %.a,$^) -lfdt

# ---- Programs for the host ------------------------------------------------------------------------------

# The reader of traces, from the same pure files; make trace (scripts/trace.sh) and tests run it.
TRACE_TOOL := $(patsubst %.c,build/tools/%.o,$(notdir $(wildcard scripts/trace/trace*.c)) trace_format.c)
.PHONY: tools
tools: build/tools/trace

build/tools/trace: $(TRACE_TOOL)
	@echo "  TOOL    $@"
	$(Q)$(HOSTCC) -o $@ $^

build/tools/%.o: scripts/trace/%.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 $(WARN) -Iinclude -MMD -MP -c -o $@ $<

build/tools/%.o: core/%.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O2 $(WARN) -Iinclude -MMD -MP -c -o $@ $<

# ---- Static checks: each is one test --------------------------------------------------------------------

CHECKS := pure includes elf size clang tidy lines paths top setup
.PHONY: $(CHECKS:%=check-%)

check-pure:
	$(Q)for f in $(PURE); do [ -e $$f ] || { echo "Makefile: PURE names $$f, which does not exist"; exit 1; }; done

check-includes:
	$(Q)scripts/check-includes.sh "$(PURE)" "$(BASE_HEADERS)" "$(ARCH_HEADERS)"

check-elf: $(BUILD)/nacre.elf
	$(Q)CROSS_COMPILE=$(CROSS_COMPILE) scripts/check-elf.sh $<

check-size: $(BUILD)/nacre.elf
	$(Q)CROSS_COMPILE=$(CROSS_COMPILE) scripts/check-size.sh $<

# The second compiler's opinion. It need not assemble: clang 14 does not know the names of the H CSRs.
$(WATCHER:%.c=$(BUILD)/clang/%.s) $(WATCHER:%.c=$(BUILD)/tidy/%.ok): CLANG_TARGET += -DTLBSAN

check-clang: $(patsubst %.c,$(BUILD)/clang/%.s,$(sort $(SRCS) $(WATCHER)))

$(BUILD)/clang/%.s: %.c | $(FDT_LIB)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CLANG_TARGET) $(WARN) -O2 -fno-integrated-as -Wno-unused-command-line-argument -MMD -MP -S -o $@ $<

check-tidy: $(patsubst %.c,$(BUILD)/tidy/%.ok,$(sort $(SRCS) $(WATCHER)))

$(BUILD)/tidy/%.ok: %.c $(BUILD)/clang/%.s .clang-tidy
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- $(CLANG_TARGET) 2>$@.log >$@.out || \
		{ cat $@.out; grep -v 'warnings generated' $@.log; exit 1; }
	$(Q)touch $@

check-lines:
	$(Q)scripts/check-tree.sh lines

check-paths:
	$(Q)scripts/check-tree.sh paths

check-top:
	$(Q)scripts/check-tree.sh top

check-setup:
	$(Q)scripts/check-setup.sh

# ---- What people type -------------------------------------------------------------------------------------

-include configs/qemu-virt.mk
export CROSS_COMPILE LIBFDT V KERNEL INITRD BOOTARGS VCPUS GUEST_MEM ISA NACL DEPTH L1 L1S GUESTS NACRE_ARGS NATIVE
export TRACE TRACE_SIZE TRACE_SECONDS TRACE_OUT
export TLBSAN SMP MEM CPU MACHINE QEMU_ARGS FUZZ_SECONDS CHECKS GUEST GDB_ARGS GDB_READY

.PHONY: setup run gdb gdb-host trace nested test unit check fuzz guest boot clean
setup:
	@scripts/setup.sh tools test guest

run:
	@scripts/run.sh

gdb:
	@scripts/gdb.sh guest

gdb-host:
	@scripts/gdb.sh host

trace:
	@scripts/trace.sh

nested:
	@DEPTH=$(or $(DEPTH),$(if $(L1),1,2)) scripts/run.sh

test unit check fuzz guest boot:
	@scripts/test.sh $(@:test=all)

clean:
	$(Q)rm -rf $(filter-out $(addprefix build/,guest sysroot apt),$(wildcard build/*))

-include $(wildcard tests/guest/guest.mk tests/bench/bench.mk tests/boot/boot.mk)

# What test.sh asks for.
.PHONY: list-guest-tests list-checks
list-checks:
	@echo $(CHECKS)
list-guest-tests:
	@echo $(GUEST_TESTS)

-include $(OBJS:.o=.d) $(BUILD)/obj/arch/riscv/offsets.d $(SRCS:%.c=$(BUILD)/clang/%.d)
-include $(patsubst %.c,$(BUILD)/host/%.d,$(PURE) $(FAKED)) $(patsubst %.c,$(BUILD)/fuzz/%.d,$(PURE) $(FAKED)) $(UNIT_TESTS:=.d) $(FUZZ_TESTS:=.d) $(TRACE_TOOL:.o=.d)
