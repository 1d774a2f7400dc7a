# SPDX-License-Identifier: BSD-2-Clause
# Helpers for debugging Nacre itself (make gdb-host). Threads are the machine's harts. QEMU reads memory as the chosen hart would:
# while that is in a guest, Nacre's own cannot be read; nacre-here takes it there.

set trust-readonly-sections on

define nacre-here
  thbreak trap_vector
  continue
end
document nacre-here
Goes on until a hart leaves its guest, or takes a trap of Nacre's own.
end

define nacre-guests
  set $vm = vm_list
  while $vm
    printf "%-16s state %d action %d vcpus %u nrunning %u boots %lu\n", $vm->name, $vm->state, $vm->action, $vm->nvcpus, $vm->nrunning, $vm->boots
    set $vm = $vm->next
  end
end
document nacre-guests
The guests: their state (enum vm_state, enum vm_action) and how many vcpus are on a hart.
end

define nacre-vcpus
  set $vm = vm_list
  while $vm
    set $i = 0
    while $i < $vm->nvcpus
      set $v = $vm->vcpu[$i]
      printf "%-16s vcpu %u state %d hsm %u requests 0x%lx held %d pc 0x%lx\n", $vm->name, $v->id, $v->state, $v->hsm, $v->requests, $v->held, $v->ctx.sepc
      set $i = $i + 1
    end
    set $vm = $vm->next
  end
end
document nacre-vcpus
All vcpus: state (enum vcpu_state), SBI HSM state, requests (VCPU_REQ_*), pc at the last exit.
end

define nacre-harts
  set $i = 0
  while $i < cpu_count
    set $c = cpus[$i]
    printf "hart %lu: queued %u away %d kicked %u ", $c->hartid, $c->nready, $c->away, $c->kicked
    if $c->current
      printf "runs %s vcpu %u\n", $c->current->vm->name, $c->current->id
    else
      printf "runs nothing\n"
    end
    set $i = $i + 1
  end
end
document nacre-harts
The harts and what they run.
end

define nacre-crash
  tbreak panic
  tbreak vm_crash
end
document nacre-crash
Stops where Nacre gives up, and where it ends a guest.
end
