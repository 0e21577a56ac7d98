#include "finite.h"

#include <algorithm>
#include <atomic>

#include "thread_pool.h"

namespace neurona {

namespace {

template <class T>
bool finite(const T* x, int64_t count) {
  // x · 0 is 0 for every finite x and NaN for the others. Many sums side by side
  // become vectors.
  constexpr int64_t lanes = 32;
  T sums[lanes] = {};
  const int64_t whole = count - count % lanes;
  for (int64_t i = 0; i < whole; i += lanes) {
    for (int64_t lane = 0; lane < lanes; ++lane) sums[lane] += x[i + lane] * T(0);
  }
  T sum = 0;
  for (int64_t i = whole; i < count; ++i) sum += x[i] * T(0);
  for (const T part : sums) sum += part;
  return sum == T(0);
}

}  // namespace

template <class T>
bool all_finite(const T* x, int64_t count, int threads) {
  constexpr int64_t block = int64_t(1 << 20) / int64_t(sizeof(T));
  const int64_t blocks = (count + block - 1) / block;
  if (blocks <= 1) return finite(x, count);
  ThreadPool& pool = ThreadPool::instance();
  const int most = threads > 0 ? threads : pool.capacity();
  std::atomic<int64_t> next{0};
  std::atomic<bool> good{true};
  const auto job = [&](const Seat&) {
    for (int64_t b; good && (b = next.fetch_add(1, std::memory_order_relaxed)) < blocks;) {
      if (!finite(x + b * block, std::min(block, count - b * block))) good = false;
    }
  };
  pool.run(int(std::min<int64_t>(most, blocks)), [](int) {}, job);
  return good;
}

template bool all_finite(const float*, int64_t, int);
template bool all_finite(const double*, int64_t, int);

}  // namespace neurona
