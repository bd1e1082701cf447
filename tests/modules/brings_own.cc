// A module with releases of its own of the libraries that rqpp is made of: their functions have the
// same names and do something else. Whatever it calls must be its own.

#include <string>

#include <rqpp/module.h>

// Not inlined, so that the linker decides, as in a large library that only has headers.
#define OWN __attribute__((noinline, visibility("default")))

namespace spdlog {
namespace level {
enum level_enum : int { trace };
OWN inline const char* to_short_c_str(level_enum) noexcept { return "own spdlog"; }
}  // namespace level
class logger {
 public:
  OWN inline void flush_on(level::level_enum) { text = "own logger"; }
  std::string text{};
};
}  // namespace spdlog

namespace fmt {
inline namespace v9 {
class format_int {
 public:
  OWN inline explicit format_int(int) { text = "own fmt"; }
  std::string text{};
};
}  // namespace v9
}  // namespace fmt

namespace nlohmann {
inline namespace json_abi_v3_11_2 {
OWN inline std::string to_string(int) { return "own json"; }
}  // namespace json_abi_v3_11_2
}  // namespace nlohmann

extern "C" {
OWN const char* OpenSSL_version(int);
OWN const char* zlibVersion();
OWN void* redisReaderCreate();
const char* OpenSSL_version(int) { return "own OpenSSL"; }
const char* zlibVersion() { return "own zlib"; }
void* redisReaderCreate() { return nullptr; }
}

namespace {

std::string ask() {
  spdlog::logger logger;
  logger.flush_on(spdlog::level::trace);
  return std::string(spdlog::level::to_short_c_str(spdlog::level::trace)) + ", " + logger.text +
         ", " + fmt::format_int(1).text + ", " + nlohmann::to_string(1) + ", " +
         OpenSSL_version(0) + ", " + zlibVersion() + ", " +
         (redisReaderCreate() == nullptr ? "own hiredis" : "hiredis of rqpp");
}

}  // namespace

RQPP_MODULE(brings_own) { tasks.add("ask", ask); }
