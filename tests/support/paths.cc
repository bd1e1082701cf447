#include "support/paths.h"

namespace rqpp::test {

const std::string& source_dir() {
  static const std::string path = RQPP_SOURCE_DIR;
  return path;
}

const std::string& build_dir() {
  static const std::string path = RQPP_BINARY_DIR;
  return path;
}

const std::string& golden_dir() {
  static const std::string path = RQPP_GOLDEN_DIR;
  return path;
}

}  // namespace rqpp::test
