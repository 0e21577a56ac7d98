// An environment variable that asks for what there is not.
#pragma once

#include <stdexcept>

namespace neurona {

// In Python: neurona.errors.ArgumentError.
struct SettingError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

}  // namespace neurona
