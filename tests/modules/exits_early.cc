#include <unistd.h>

#include <rqpp/module.h>

namespace {

struct Model {
  Model() { _exit(0); }
};
const Model model;

}  // namespace

RQPP_MODULE(exits_early) {
  tasks.add("run", [] {});
}
