#include "bulk.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "kernels.h"
#include "thread_pool.h"

namespace neurona {

namespace {

// Calls f(begin, end) for pieces of [0, count) until one returns false; then it does so, too.
template <class F>
bool in_pieces(int64_t count, int64_t piece, int threads, const F& f) {
  const int64_t pieces = (count + piece - 1) / piece;
  if (threads == 1 || pieces <= 1) return f(0, count);
  ThreadPool& pool = ThreadPool::instance();
  std::atomic<int64_t> next{0};
  std::atomic<bool> good{true};
  const auto job = [&](const Seat&) {
    for (int64_t p; good && (p = next.fetch_add(1, std::memory_order_relaxed)) < pieces;) {
      if (!f(p * piece, std::min(count, (p + 1) * piece))) good = false;
    }
  };
  pool.run(int(std::min<int64_t>(pool.most(threads), pieces)), [](int) {}, job);
  return good;
}

constexpr int64_t piece_bytes = 1 << 20;

}  // namespace

template <class T>
bool all_finite(const T* x, int64_t count, int threads) {
  const auto& finite = kernels<T>(chosen_isa()).finite;
  return in_pieces(count, piece_bytes / int64_t(sizeof(T)), threads,
                   [&](int64_t begin, int64_t end) { return finite(x + begin, 0, 1, end - begin); });
}

void copy_bytes(void* to, const void* from, size_t bytes, int threads) {
  in_pieces(int64_t(bytes), piece_bytes, threads, [&](int64_t begin, int64_t end) {
    std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin,
                size_t(end - begin));
    return true;
  });
}

template bool all_finite(const float*, int64_t, int);
template bool all_finite(const double*, int64_t, int);

}  // namespace neurona
