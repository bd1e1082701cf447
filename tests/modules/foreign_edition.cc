#include <rqpp/module.h>

// `edition`, built for a later rqpp.
RQPP_DECLARE_MODULE(edition) {
  static const rqpp::Module module{.abi = rqpp::kModuleAbi + 1, .fill = nullptr};
  return &module;
}
