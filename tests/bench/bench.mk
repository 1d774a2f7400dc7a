# SPDX-License-Identifier: BSD-2-Clause
# make bench: instructions per operation, natively on OpenSBI and under Nacre, as a table and as $(BUILD)/bench.svg.
# make bench-nested: those of hypervisors under Nacre and of their guests, as tables and as $(BUILD)/bench-nested.svg.
# The guests are programs on the test guests' library (tests/guest/guest.mk).

BENCH_OUT := $(BUILD)/tests/bench

$(BENCH_OUT)/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(BENCH_OUT)/%.elf: $(BENCH_OUT)/%.o $(GUEST_LIB) $(GUEST_DIR)/lib/guest.ld
	@echo "  GUEST   $@"
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^)

$(BENCH_OUT)/%.bin: $(BENCH_OUT)/%.elf
	$(Q)$(GUEST_OBJCOPY) -O binary $< $@

.SECONDARY: $(patsubst tests/bench/%.c,$(BENCH_OUT)/%.o,$(wildcard tests/bench/*.c)) \
	$(patsubst tests/bench/%.c,$(BENCH_OUT)/%.elf,$(wildcard tests/bench/*.c))
-include $(wildcard $(BENCH_OUT)/*.d)

# /init of the Linux rows: static programs without a library, each alone in its initial file system
BENCH_INIT := -march=rv64imac -misa-spec=2.2 -mabi=lp64 -nostdlib -static -Wl,--no-relax -Wl,--build-id=none \
	-Wl,--no-warn-rwx-segments
BENCH_C := -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-stack-protector

$(BENCH_OUT)/user/init: tests/bench/init.S
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_INIT) -o $@ $<

$(BENCH_OUT)/load/init: tests/bench/load.c tests/bench/linux.h
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_INIT) $(BENCH_C) -o $@ $<

$(BENCH_OUT)/initrd.cpio: $(BENCH_OUT)/user/init
$(BENCH_OUT)/load.cpio: $(BENCH_OUT)/load/init
$(BENCH_OUT)/initrd.cpio $(BENCH_OUT)/load.cpio:
	$(Q)cd $(<D) && echo init | cpio -o -H newc -R 0:0 --quiet --reproducible >../$(@F).tmp && mv ../$(@F).tmp ../$(@F)

.PHONY: bench bench-nested bench-programs
bench-programs: $(BENCH_OUT)/bench.bin $(BENCH_OUT)/initrd.cpio

# NATIVE=1: only the native column
bench: bench-programs
	@scripts/setup.sh tools guest
	$(if $(NATIVE),,@$(MAKE) all)
	@tests/bench/bench.sh

bench-nested: bench-programs $(BENCH_OUT)/nested.bin $(BENCH_OUT)/load.cpio
	@scripts/setup.sh tools guest kvm
	@$(MAKE) all
	@tests/bench/bench-nested.sh
