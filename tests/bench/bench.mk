# SPDX-License-Identifier: BSD-2-Clause
# make bench: instructions per operation, natively on OpenSBI and under Nacre, as a table and as $(BUILD)/bench.svg.
# The guest is a program on the test guests' library (tests/guest/guest.mk).

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

# /init of the Linux rows: a static program without a library, alone in its initial file system
$(BENCH_OUT)/init: tests/bench/init.S
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) -march=rv64imac -misa-spec=2.2 -mabi=lp64 -nostdlib -static -Wl,--no-relax -Wl,--build-id=none -o $@ $<

$(BENCH_OUT)/initrd.cpio: $(BENCH_OUT)/init
	$(Q)cd $(@D) && echo init | cpio -o -H newc -R 0:0 --quiet --reproducible >$(@F).tmp && mv $(@F).tmp $(@F)

.PHONY: bench bench-programs
bench-programs: $(BENCH_OUT)/bench.bin $(BENCH_OUT)/initrd.cpio

# NATIVE=1: only the native column
bench: bench-programs
	@scripts/setup.sh tools guest
	$(if $(NATIVE),,@$(MAKE) all)
	@tests/bench/bench.sh
