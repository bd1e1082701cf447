// Tasks that leave processes behind, as programs in the wild do.

#include <unistd.h>

#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <rqpp/module.h>

namespace {

namespace fs = std::filesystem;

// Grandchildren that end after their parent: whoever adopted them has to reap them.
void leave(int count) {
  for (int i = 0; i < count; ++i) {
    if (::fork() != 0) continue;
    if (::fork() == 0) {
      const pid_t parent = ::getppid();
      while (::getppid() == parent) std::this_thread::yield();
    }
    ::_exit(0);
  }
}

/// The processes here that have ended and are children of process 1.
int zombies() {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    if (std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0])) == 0)
      continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    if (name_end != std::string::npos && text.compare(name_end + 1, 5, " Z 1 ") == 0) ++count;
  }
  return count;
}

/// How many are left when 10 s are over, or none any more.
int zombies_after_a_while() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  int left = zombies();
  while (left != 0 && std::chrono::steady_clock::now() < until) left = zombies();
  return left;
}

}  // namespace

RQPP_MODULE(orphans) {
  tasks.add("leave", leave, {"count"});
  tasks.add("zombies_after_a_while", zombies_after_a_while);
}
