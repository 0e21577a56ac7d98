// An array's memory by the buffer protocol, which costs less than nb::ndarray.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string_view>

#include "../kernels.h"

namespace neurona {

namespace nb = nanobind;

// The memory of an array, or nothing where it does not lie in one piece.
class Buffer {
 public:
  Buffer(nb::handle array, int flags)
      : held_(PyObject_GetBuffer(array.ptr(), &view_, flags | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) ==
              0) {
    if (!held_) PyErr_Clear();
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (held_) PyBuffer_Release(&view_);
  }
  template <class T = void>
  T* data() const {
    return static_cast<T*>(view_.buf);
  }
  // 0 also where entries have no size.
  int64_t size() const { return view_.itemsize > 0 ? int64_t(view_.len / view_.itemsize) : 0; }
  std::optional<InputType> type() const {
    const std::string_view format = this->format();
    if (format == "f") return InputType::float32;
    if (format == "d") return InputType::float64;
    if (format == "B") return InputType::uint8;
    return {};
  }
  bool is_int64() const {
    const std::string_view format = this->format();
    return view_.itemsize == 8 && (format == "l" || format == "q");
  }

 private:
  std::string_view format() const { return held_ && view_.format != nullptr ? view_.format : ""; }

  Py_buffer view_{};
  bool held_;
};

}  // namespace neurona
