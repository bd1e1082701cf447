#include <rqpp/module.h>

RQPP_DECLARE_MODULE(other_abi) {
  // A later rqpp may mean anything by the fields behind `abi`.
  static const rqpp::Module module{.abi = rqpp::kModuleAbi + 1,
                                   .standard_library = reinterpret_cast<const char*>(8),
                                   .fill = nullptr};
  return &module;
}
