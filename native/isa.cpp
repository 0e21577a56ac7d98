// Which instruction set runs: the machine's best, or the one that is asked for.
#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels.h"
#include "setting_error.h"

namespace neurona {

#if defined(__x86_64__)
namespace baseline {
extern const Kernels<float> table_float;
extern const Kernels<double> table_double;
}
namespace avx2 {
extern const Kernels<float> table_float;
extern const Kernels<double> table_double;
}
namespace avx512 {
extern const Kernels<float> table_float;
extern const Kernels<double> table_double;
}
namespace avx512_bf16 {
extern const PairKernels table_pairs;
}
#else
namespace neon {
extern const Kernels<float> table_float;
extern const Kernels<double> table_double;
}
#endif

namespace {
constexpr Isa all[] = {Isa::avx512_bf16, Isa::avx512, Isa::avx2, Isa::baseline, Isa::neon};
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::baseline: return "baseline";
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
    case Isa::avx512_bf16: return "avx512_bf16";
    case Isa::neon: return "neon";
  }
  return "unknown";
}

bool isa_available(Isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  switch (isa) {
    case Isa::baseline: return true;
    case Isa::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::avx512: return avx512;
    case Isa::avx512_bf16: return avx512 && __builtin_cpu_supports("avx512bf16");
    case Isa::neon: return false;
  }
  return false;
#else
  return isa == Isa::neon;
#endif
}

Isa chosen_isa() {
  const char* wanted = std::getenv("NEURONA_ISA");
  const bool forced = wanted != nullptr && *wanted != '\0';
  std::string names;
  for (Isa isa : all) {
    if (!isa_available(isa)) continue;
    if (!forced || std::strcmp(wanted, isa_name(isa)) == 0) return isa;
    names += std::string(names.empty() ? "" : ", ") + isa_name(isa);
  }
  throw SettingError(std::string("NEURONA_ISA=") + wanted +
                     " is not an instruction set of this machine; it has: " + names + ".");
}

template <class T>
static const Kernels<T>& pick(const Kernels<float>& f, const Kernels<double>& d) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return f;
  } else {
    return d;
  }
}

template <class T>
const Kernels<T>& kernels([[maybe_unused]] Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::avx512_bf16:
    case Isa::avx512: return pick<T>(avx512::table_float, avx512::table_double);
    case Isa::avx2: return pick<T>(avx2::table_float, avx2::table_double);
    default: return pick<T>(baseline::table_float, baseline::table_double);
  }
#else
  return pick<T>(neon::table_float, neon::table_double);
#endif
}
template const Kernels<float>& kernels<float>(Isa);
template const Kernels<double>& kernels<double>(Isa);

const PairKernels* pair_kernels([[maybe_unused]] Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512_bf16) return &avx512_bf16::table_pairs;
#endif
  return nullptr;
}

PackedShape packed_shape(int64_t in, int64_t out, int64_t panel_width, int64_t lanes) {
  PackedShape shape;
  shape.in = in;
  shape.out = out;
  shape.width = panel_width;
  shape.panels = (out + panel_width - 1) / panel_width;
  const int64_t rest = out - (shape.panels - 1) * panel_width;
  shape.last_width = (rest + lanes - 1) / lanes * lanes;
  // Panels start a few lines apart from a power of two, so that walking several
  // at once does not fall on the same cache sets.
  shape.stride = in * (shape.panels > 1 ? panel_width : shape.last_width);
  if (shape.panels > 1) shape.stride += 4 * lanes;
  return shape;
}

}  // namespace neurona
