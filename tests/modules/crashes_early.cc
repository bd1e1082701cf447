#include <csignal>

#include <rqpp/module.h>

namespace {

struct Model {
  Model() { std::raise(SIGKILL); }
};
const Model model;

}  // namespace

RQPP_MODULE(crashes_early) {
  tasks.add("run", [] {});
}
