# SPDX-License-Identifier: BSD-2-Clause
# make churn-programs: the user space of Linux guests that churn (tests/boot/churn.c), with and without KVM, and of one that masks
# pointers (tagged.c). The programs are built as those of the bench are (tests/bench/bench.mk).

CHURN_OUT := $(BUILD)/tests/boot

$(CHURN_OUT)/churn: $(addprefix tests/,boot/churn.c boot/churn_memory.c boot/churn.h bench/linux.h)
	@echo "  GUEST   $@"
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_INIT) $(BENCH_C) -o $@ $(filter %.c,$^)

$(CHURN_OUT)/churn.cpio: $(CHURN_OUT)/churn scripts/initrd.sh tests/boot/init build/guest/busybox
	$(Q)scripts/initrd.sh build/guest/busybox $@ $<

# L1's, in which L2's is initrd.cpio.
$(CHURN_OUT)/kvm/initrd.cpio: $(CHURN_OUT)/churn.cpio
	$(Q)mkdir -p $(@D) && ln -f $< $@

$(CHURN_OUT)/kvm.cpio: $(CHURN_OUT)/kvm/initrd.cpio tests/boot/l2
	$(Q)scripts/initrd.sh build/guest/busybox $@ tests/boot/l2 build/guest/Image $< build/guest/kvm/* build/guest/qemu/*

$(CHURN_OUT)/tagged: tests/boot/tagged.c tests/bench/linux.h
	@echo "  GUEST   $@"
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(BENCH_INIT) $(BENCH_C) -o $@ $<

$(CHURN_OUT)/tagged.cpio: $(CHURN_OUT)/tagged scripts/initrd.sh tests/boot/init build/guest/busybox
	$(Q)scripts/initrd.sh build/guest/busybox $@ $<

.PHONY: churn-programs
churn-programs: $(CHURN_OUT)/churn.cpio $(CHURN_OUT)/kvm.cpio $(CHURN_OUT)/tagged.cpio
