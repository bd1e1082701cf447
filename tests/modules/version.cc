// A module in two versions, one file in each of two folders.
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <rqpp/module.h>

namespace {

// Where the code is that runs when the gate opens.
int number_behind(const std::string& gate) {
  while (!std::filesystem::exists(gate)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return RQPP_TEST_VERSION;
}

}  // namespace

RQPP_MODULE(version) { tasks.add("number_behind", number_behind); }
