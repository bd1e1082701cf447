#include "support/fleet_test.h"

#include <poll.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace rqpp::test {

namespace fs = std::filesystem;

FleetTest::FleetTest(std::string url) : url_(std::move(url)), queue_("default", {.url = url_}) {}

void FleetTest::SetUp() {
  std::string folder = (fs::temp_directory_path() / "rqpp-fleet-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  folder_ = folder;
}

void FleetTest::TearDown() {
  workers_.clear();
  fs::remove_all(folder_);
}

Program& FleetTest::launch(const std::string& name, std::vector<std::string> more) {
  const auto own = urls_.find(name);
  std::vector<std::string> words{"worker", "--path", in_build("tests/modules").string()};
  const auto given = names_.find(name);
  words.insert(words.end(), {"--url", own == urls_.end() ? url_ : own->second, "--name",
                             given == names_.end() ? name : given->second});
  words.emplace_back("--no-module-check");  // there are broken ones, and many
  words.insert(words.end(), more.begin(), more.end());
  workers_.erase(name);
  return workers_.try_emplace(name, std::move(words), options_).first->second;
}

Program& FleetTest::start(const std::string& name, std::vector<std::string> more) {
  Program& started = launch(name, std::move(more));
  started.await_error("*** Listening on");
  return started;
}

void FleetTest::kill(const std::string& name) {
  signal(name, SIGKILL);
  worker(name).wait();
}

Ended FleetTest::stop(const std::string& name) {
  signal(name, SIGTERM);
  return worker(name).wait();
}

AnyJob FleetTest::enqueue_gated(const std::string& queue_name, const std::string& gate,
                                EnqueueOptions options) const {
  return enqueue(queue_name, "records.run_until", {path("runs"), path(gate)}, options);
}

void FleetTest::open(const std::string& gate) const { std::ofstream(path(gate)) << "open"; }

std::vector<FleetTest::Run> FleetTest::runs(const std::string& job_id) const {
  std::vector<Run> found;
  std::ifstream file(path("runs"));
  for (Run run; file >> run.job_id >> run.horse >> run.stable;) {
    if (job_id.empty() || run.job_id == job_id) found.push_back(run);
  }
  return found;
}

void FleetTest::pause() { ::poll(nullptr, 0, 5); }

}  // namespace rqpp::test
