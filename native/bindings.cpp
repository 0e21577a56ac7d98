// neurona._native. This file and python/ are the only ones that know of Python.
#include "cpus.h"
#include "gil.h"
#include "python/arrays.h"
#include "python/joined.h"
#include "python/predictor.h"
#include "python/runner.h"
#include "setting_error.h"
#include "thread_pool.h"

using namespace neurona;

NB_MODULE(_native, m) {
  m.doc() = "The compiled training engine; neurona.engines.native_engine is its only user.";
  // Threads and forked children may hold runners to the end: that is no leak.
  nb::set_leak_warnings(false);
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const SettingError& error) {
      const nb::object kind = nb::module_::import_("neurona.errors").attr("ArgumentError");
      PyErr_SetString(kind.ptr(), error.what());
    }
  });
  WithoutGil::watch_forks();
  m.def("_end", &WithoutGil::end);
  nb::module_::import_("atexit").attr("register")(m.attr("_end"));
  bind_runner<float>(m, "Runner32");
  bind_runner<double>(m, "Runner64");
  m.def("run_together", &run_all_together, nb::arg("asked"), nb::arg("threads") = 0,
        "Steps of many runners side by side, each on one thread, in one call.");
  bind_predictor<float>(m, "Predictor32");
  bind_predictor<double>(m, "Predictor64");
  bind_arrays(m);
  m.def("isa", [] { return std::string(isa_name(chosen_isa())); },
        "The instruction set that runs; NEURONA_ISA chooses another.");
  m.def("isas", [] {
    std::vector<std::string> names;
    for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::neon}) {
      if (isa_available(isa)) names.emplace_back(isa_name(isa));
    }
    return names;
  }, "The instruction sets that this machine has.");
  m.def("cgroup_quota", &cgroup_quota, nb::arg("root") = "",
        "The processor time that cgroups grant, in cores; 0: any.");
  m.def("threads_asked_for", &threads_asked_for, "What NEURONA_THREADS says; 0: nothing.");
  m.def("usable_cores", [](const std::string& root) {
    return usable_cores(physical_cores(root), root);
  }, nb::arg("root") = "",
        "Cores that this process may use; root stands before the system's paths, for tests.");
  m.def("side_by_side", &side_by_side, nb::arg("allowed"), nb::arg("cores"), nb::arg("last"),
        "Which processors each of some threads should use.");
  m.def("meeting_seconds", [](int threads) {
    const WithoutGil free;
    const Uncut uncut;
    return meeting_seconds(threads);
  }, nb::arg("threads") = 2,
        "How long so many threads take to meet at a barrier; 0: there are no two.");
}
