// Sleeping until a number changes. Linux is asked directly: std::atomic::wait offers the
// core around before it sleeps.
#include "awaited.h"

#if defined(__linux__)
#include <climits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace neurona {

#if defined(__linux__)
static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));

void Awaited::sleep(uint32_t old) {
  syscall(SYS_futex, &value_, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
}
void Awaited::wake() {
  syscall(SYS_futex, &value_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}
#else
void Awaited::sleep(uint32_t old) { value_.wait(old, std::memory_order_seq_cst); }
void Awaited::wake() { value_.notify_all(); }
#endif

}  // namespace neurona
