// Steps of many runners in one call, as Python asks for them.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "runner.h"

namespace neurona {

// From (runner, …), the rest being the arguments of its run_steps.
template <class T>
std::unique_ptr<Joined> joined(const nb::tuple& asked) {
  check(asked.size() == 15, "a runner and the arguments of its run_steps are needed");
  const auto integer = [&](size_t place) { return nb::cast<int64_t>(asked[place]); };
  using R = Runner<T>;
  return std::make_unique<typename R::Steps>(
      nb::cast<R&>(asked[0]),
      typename R::Asked{nb::cast<AnyMatrix>(asked[1]),
                        nb::cast<std::optional<Matrix<const T>>>(asked[2]),
                        nb::cast<std::optional<Vector<const int64_t>>>(asked[3]),
                        nb::cast<std::optional<Vector<const T>>>(asked[4]),
                        nb::cast<Vector<const int64_t>>(asked[5]), integer(6), integer(7),
                        integer(8), integer(9), nb::cast<Vector<const double>>(asked[10]),
                        nb::cast<Vector<double>>(asked[11]),
                        nb::cast<std::optional<Matrix<T>>>(asked[12]),
                        nb::cast<std::optional<Vector<int64_t>>>(asked[13]),
                        nb::cast<bool>(asked[14])});
}

// What each runner's run_steps would return.
inline nb::list run_all_together(const nb::list& asked, int threads) {
  std::vector<std::unique_ptr<Joined>> all;
  for (nb::handle one : asked) {
    const auto parts = nb::cast<nb::tuple>(one);
    const bool wide = parts.size() > 0 && nb::isinstance<Runner<double>>(parts[0]);
    all.push_back(wide ? joined<double>(parts) : joined<float>(parts));
  }
  std::vector<std::mutex*> mutexes;
  std::vector<Errand*> errands;
  for (const auto& one : all) {
    mutexes.push_back(&one->mutex());
    errands.push_back(one.get());
  }
  std::sort(mutexes.begin(), mutexes.end(), std::less<>());
  check(std::adjacent_find(mutexes.begin(), mutexes.end()) == mutexes.end(),
        "a runner is named twice");
  {
    const Turns turns(mutexes);
    for (const auto& one : all) one->begin();
    run_together(errands, threads);
  }
  nb::list results;
  for (const auto& one : all) results.append(one->result());
  return results;
}

}  // namespace neurona
