#include <rqpp/module.h>

RQPP_DECLARE_MODULE(other_library) {
  static constexpr rqpp::Module module{.standard_library = "libfoo++", .name = "other_library"};
  return &module;
}
