#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {

/// Jobs of the modules in tests/modules, run by a real worker.
class WorkerTest : public RedisTest {
 protected:
  static std::vector<std::string> words(std::vector<std::string> more) {
    std::vector<std::string> all{"worker", "--path", in_build("tests/modules").string(), "--url",
                                 server().url()};
    all.emplace_back("--no-module-check");  // there are broken ones, and many
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Runs a worker until the queue is empty.
  static Ended burst(std::vector<std::string> more = {}, const ProgramOptions& options = {}) {
    more.emplace_back("--burst");
    return rqpp(words(std::move(more)), options);
  }
  AnyJob enqueue(const std::string& task, Value::Items args = {}, EnqueueOptions options = {}) {
    return queue_.enqueue(Call{.function = task, .args = std::move(args)}, options);
  }

  Queue queue_{"default", {.url = server().url()}};
};

}  // namespace rqpp::test
