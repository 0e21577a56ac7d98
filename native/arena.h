// All memory of a fit, planned once.
//
// Buffers are asked for while the plan is made, then allocated together as one
// zeroed block; nothing is allocated in a training step. Each buffer starts on
// its own 64-byte line, so no two threads' buffers share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace neurona {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { std::free(block_); }

  // Remembers that `pointer` wants `count` elements; allocate() fills it in.
  template <class T>
  void plan(T*& pointer, int64_t count) {
    pointer = nullptr;
    wishes_.push_back({&pointer, size_});
    size_ += (size_t(count) * sizeof(T) + line - 1) / line * line;
  }

  void allocate() {
    // A few lines beyond the end: kernels may load a whole vector at the last element.
    const size_t bytes = (size_ + 4 * line + page - 1) / page * page;
    block_ = static_cast<char*>(std::aligned_alloc(page, bytes));
    if (block_ == nullptr) throw std::bad_alloc();
    std::memset(block_, 0, bytes);
    for (const Wish& wish : wishes_) {
      char* address = block_ + wish.offset;
      std::memcpy(wish.pointer, &address, sizeof address);
    }
    wishes_.clear();
  }

  char* data() const { return block_; }
  size_t bytes() const { return size_; }

 private:
  static constexpr size_t line = 64;
  static constexpr size_t page = 4096;
  struct Wish {
    void* pointer;
    size_t offset;
  };
  std::vector<Wish> wishes_;
  size_t size_ = 0;
  char* block_ = nullptr;
};

}  // namespace neurona
