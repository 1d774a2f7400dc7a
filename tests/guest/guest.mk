# SPDX-License-Identifier: BSD-2-Clause
# Bare-metal test guests: tests/guest/NAME.c -> $(BUILD)/tests/guest/NAME.bin, a flat image that runs as a guest under
# Nacre and, unchanged, natively on OpenSBI. How each is run: tests/guest/guest.cases.

BUILD ?= build
GUEST_CC ?= riscv64-unknown-elf-gcc
GUEST_OBJCOPY ?= riscv64-unknown-elf-objcopy
GUEST_DIR := tests/guest
GUEST_OUT := $(BUILD)/tests/guest
GUEST_TESTS := $(patsubst $(GUEST_DIR)/%.c,%,$(wildcard $(GUEST_DIR)/*.c))
GUEST_BINS := $(GUEST_TESTS:%=$(GUEST_OUT)/%.bin)

# -misa-spec=2.2: there the CSR instructions and fence.i are part of I, and the soft-float multilib is found
GUEST_CFLAGS := --specs=picolibc.specs -march=rv64imac -misa-spec=2.2 -mabi=lp64 -mcmodel=medany \
	-std=gnu11 -O2 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-ffreestanding -fno-stack-protector -DPICOLIBC_INTEGER_PRINTF_SCANF -Iinclude -I$(GUEST_DIR)/lib
GUEST_LDFLAGS := -nostartfiles -static -T $(GUEST_DIR)/lib/guest.ld -Wl,--no-relax -Wl,--build-id=none -Wl,--no-warn-rwx-segments
GUEST_LIB := $(patsubst $(GUEST_DIR)/lib/%,$(GUEST_OUT)/lib/%.o,$(wildcard $(GUEST_DIR)/lib/*.c $(GUEST_DIR)/lib/*.S))

.PHONY: guests
guests: $(GUEST_BINS)

$(GUEST_OUT)/lib/%.o: $(GUEST_DIR)/lib/%
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_OUT)/%.o: $(GUEST_DIR)/%.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_OUT)/%.elf: $(GUEST_OUT)/%.o $(GUEST_LIB) $(GUEST_DIR)/lib/guest.ld
	@echo "  GUEST   $@"
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^)

$(GUEST_OUT)/%.bin: $(GUEST_OUT)/%.elf
	$(Q)$(GUEST_OBJCOPY) -O binary $< $@

.SECONDARY: $(GUEST_LIB) $(GUEST_TESTS:%=$(GUEST_OUT)/%.o) $(GUEST_TESTS:%=$(GUEST_OUT)/%.elf)
-include $(wildcard $(GUEST_OUT)/*.d $(GUEST_OUT)/lib/*.d)
