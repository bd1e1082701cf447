// The jobs of the benchmarks, for C++ workers.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <rqpp/module.h>

namespace {

void append(std::string_view text) {
  const int file = ::open(std::getenv("BENCH_FILE"), O_WRONLY | O_APPEND | O_CLOEXEC);
  const bool whole = file >= 0 && ::write(file, text.data(), text.size()) == ssize_t(text.size());
  ::close(file);
  if (!whole) throw std::runtime_error("cannot write to BENCH_FILE");
}

void late(double sent) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  append(std::to_string((std::chrono::duration<double>(now).count() - sent) * 1e6) + '\n');
}

}  // namespace

RQPP_MODULE(noop) {
  tasks.add("noop", [] {});
  tasks.add("small", [](int number) { return number; });
  tasks.add("take", [](const std::string&) {});
  tasks.add("mark", [] { append("."); });
  tasks.add("late", late);
  tasks.add("fail", [] { throw std::runtime_error("as it was asked to"); });
  tasks.add("nap", [] { std::this_thread::sleep_for(std::chrono::seconds{1}); });
  tasks.add("stay", [] {
    for (;;) ::pause();
  });
}
