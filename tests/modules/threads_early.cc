// A module that starts a thread as soon as it is loaded.
#include <unistd.h>

#include <thread>

#include <rqpp/module.h>

namespace {

const bool started = [] {
  std::thread([] {
    for (;;) ::pause();
  }).detach();
  return true;
}();

}  // namespace

RQPP_MODULE(threads_early) {
  tasks.add("is_started", [] { return started; });
}
