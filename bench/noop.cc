// The jobs of the benchmarks, for C++ workers.

#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include <rqpp/module.h>

RQPP_MODULE(noop) {
  tasks.add("noop", [] {});
  tasks.add("fail", [] { throw std::runtime_error("as it was asked to"); });
  tasks.add("nap", [] { std::this_thread::sleep_for(std::chrono::seconds{1}); });
  tasks.add("stay", [] {
    for (;;) ::pause();
  });
}
