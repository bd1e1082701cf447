#include <stdexcept>

#include <rqpp/module.h>

namespace {

struct Model {
  Model() { throw std::runtime_error("no model file"); }
};
const Model model;

}  // namespace

RQPP_MODULE(throws_early) {
  tasks.add("run", [] {});
}
