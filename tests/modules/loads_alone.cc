// A module that wants to be loaded by each horse for itself, as those with a GPU's context do.
#include <unistd.h>

#include <rqpp/module.h>

namespace {

const pid_t loaded_by = ::getpid();

bool is_loaded_here() { return loaded_by == ::getpid(); }

}  // namespace

RQPP_MODULE(loads_alone) {
  tasks.load_in_each_horse();
  tasks.add("is_loaded_here", is_loaded_here);
}
