#include "demo_module.h"

#include <fmt/format.h>

#include <system_error>
#include <vector>

#include <rqpp/error.h>

namespace rqpp::cli {

namespace fs = std::filesystem;

fs::path folder_of_fib() {
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
  const std::vector<fs::path> folders{program / "examples", program / RQPP_LIBEXEC};
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    if (fs::exists(folder / "fib.so", ignored)) return folder;
  }
  throw Error(fmt::format(
      "there is no fib.so in '{}' or '{}'. Build the examples (cmake --build ... --target fib).",
      folders[0].string(), folders[1].lexically_normal().string()));
}

}  // namespace rqpp::cli
