#pragma once

#include <string>

#include <rqpp/error.h>

// Parts of rqpp that only some processes need stand in libraries of their own, beside librqpp, and
// are loaded when they are first used. What every process has mapped, every horse's fork pays for:
// OpenSSL and libdw would make it half as dear again.
namespace rqpp::base {

/// The path of a file that stands in the companions' folder.
std::string companion_path(const std::string& file);

class NoCompanion : public Error {
 public:
  using Error::Error;
};

/// The address of a function in the companion library `name`. Throws NoCompanion if the library or
/// the function is missing.
void* find_symbol_in_companion(const std::string& name, const char* function);

template <class Function>
Function* find_in_companion(const std::string& name, const char* function) {
  return reinterpret_cast<Function*>(find_symbol_in_companion(name, function));
}

}  // namespace rqpp::base
