#pragma once

#include <cstdint>

#include <rqpp/version.h>

namespace rqpp {

class TaskTable;

/// Grows when anything changes that a module built earlier relies on.
inline constexpr std::uint32_t kModuleAbi = 5;

namespace detail {

// What both sides of a dlopen must agree on beside rqpp itself.
#if defined(_LIBCPP_VERSION)
#define RQPP_DETAIL_STDLIB "libc++"
#elif defined(_GLIBCXX_DEBUG)
#define RQPP_DETAIL_STDLIB "libstdc++ with _GLIBCXX_DEBUG"
#elif defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define RQPP_DETAIL_STDLIB "libstdc++ with the old std::string"
#else
#define RQPP_DETAIL_STDLIB "libstdc++"
#endif

inline constexpr const char* kStandardLibrary = RQPP_DETAIL_STDLIB;

#if defined(__clang__)
inline constexpr const char* kCompiler = "clang " __clang_version__;
#else
inline constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

}  // namespace detail

/// What a module says of itself; see RQPP_MODULE. The first two fields never move, so that every
/// version of rqpp can read them.
struct Module {
  std::uint32_t magic = 0x52515050;  ///< "RQPP"
  std::uint32_t abi = kModuleAbi;
  const char* standard_library = detail::kStandardLibrary;
  const char* compiler = detail::kCompiler;  ///< For people.
  const char* rqpp_version = RQPP_VERSION;   ///< For people.
  const char* name = nullptr;
  void (*fill)(TaskTable& tasks) = nullptr;
};

}  // namespace rqpp
