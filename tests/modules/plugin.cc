// What a task opens by itself; built twice, with two numbers.
#include <stdexcept>
#include <string>

namespace plugin {

template <int kNumber>
__attribute__((noinline)) void tumble() {
  throw std::runtime_error("out of plugin " + std::to_string(kNumber));
}

}  // namespace plugin

extern "C" __attribute__((visibility("default"))) void fail_in_plugin() {
  plugin::tumble<RQPP_TEST_PLUGIN>();
}
