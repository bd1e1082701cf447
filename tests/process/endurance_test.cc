// What a worker needs does not grow with the number of jobs that it has run. In ctest there are
// few; RQPP_ENDURANCE_JOBS=200000 makes it a night's work in minutes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "support/fleet_test.h"
#include "support/processes.h"
#include "support/sanitizers.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;

class Endurance : public FleetTest {
 protected:
  struct Needs {
    std::size_t descriptors = 0;
    std::int64_t resident = 0;
  };
  static Needs needs_of(pid_t pid) { return {open_descriptors_of(pid), resident_bytes_of(pid)}; }

  void run(int jobs) {
    for (int left = jobs; left > 0; left -= 1000) {
      queue("default").enqueue_many(std::vector<Call>(
          static_cast<std::size_t>(std::min(left, 1000)), Call{"horses.nothing"}));
      ASSERT_TRUE(becomes_true(
          [&] { return ask("EXISTS", "rq:queue:default", "rq:wip:default").number == 0; }, 60s));
    }
  }
  static void compare(const char* who, const Needs& before, const Needs& after) {
    std::cout << "endurance: " << who << ": " << before.resident / 1024 << " KiB and "
              << before.descriptors << " descriptors, then " << after.resident / 1024 << " KiB and "
              << after.descriptors << "\n";
    // The ends of the pipes of the four free lanes that may be kept for the output of horses.
    constexpr std::size_t kFreeLanes = 4 * 4;
    EXPECT_LE(after.descriptors, before.descriptors + kFreeLanes) << who;
    constexpr std::int64_t kSlack = std::int64_t{1} << 20;
    EXPECT_LE(after.resident, before.resident + kSlack) << who;
  }
  void endure(std::vector<std::string> settings);
};

void Endurance::endure(std::vector<std::string> settings) {
  if (kAddressSanitizer) GTEST_SKIP() << "AddressSanitizer keeps memory that was freed";
  const char* wanted = std::getenv("RQPP_ENDURANCE_JOBS");
  options_.errors = "/dev/null";
  settings.insert(settings.end(), {"--result-ttl", "0"});
  const pid_t parent = launch("w", std::move(settings)).pid();
  run(1'000);
  const pid_t stable = stable_of(parent);
  const Needs of_parent = needs_of(parent);
  const Needs of_stable = needs_of(stable);

  run(wanted == nullptr ? 3'000 : std::atoi(wanted));

  compare("parent", of_parent, needs_of(parent));
  compare("stable", of_stable, needs_of(stable));
  EXPECT_EQ(stop("w").exit_code, 0);
}

TEST_F(Endurance, OfOneHorsePerJob) { endure({}); }

TEST_F(Endurance, OfHorsesThatAreUsedAgain) { endure({"--horses", "2", "--jobs-per-horse", "10"}); }

}  // namespace
}  // namespace rqpp::test
