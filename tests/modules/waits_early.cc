// A module whose loading takes until a child of the process has died.
#include <sys/wait.h>

#include <rqpp/module.h>

namespace {

const bool waited = [] {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0;
}();

}  // namespace

RQPP_MODULE(waits_early) {
  tasks.add("has_waited", [] { return waited; });
}
