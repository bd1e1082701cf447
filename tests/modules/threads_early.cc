// A module that starts a thread as soon as it is loaded.
#include <unistd.h>

#include <atomic>
#include <thread>

#include <rqpp/module.h>

namespace {

std::atomic<int> questions{0};
std::atomic<int> answers{0};

const bool started = [] {
  std::thread([] {
    for (;;) {
      answers = questions.load();
      ::usleep(1000);
    }
  }).detach();
  return true;
}();

// Returns only if the thread lives in this process.
bool ask_thread() {
  const int question = ++questions;
  while (answers < question) ::usleep(1000);
  return started;
}

}  // namespace

RQPP_MODULE(threads_early) { tasks.add("ask_thread", ask_thread); }
