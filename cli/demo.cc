#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "demo_module.h"
#include "live_table.h"
#include "options.h"
#include "own_program.h"
#include "sandbox/ephemeral_server.h"
#include "signals.h"
#include "terminal.h"

#include <rqpp/error.h>
#include <rqpp/task.h>

// A producer, Redis and a worker on one stage. Everything it starts lives in one scope and is
// children of this process, so that whatever ends it, a signal included, leaves nothing behind.
namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;

constexpr Task<long(int)> kSlowFib{"fib.slow_fib"};
constexpr int kMaxN = 90;  // the last one that fits into 64 bits is 91

struct DemoArguments {
  int first = 20;
  int last = 33;
};

class Show {
 public:
  Show(const DemoArguments& given, Context& context)
      : given_(given), context_(context), table_(context) {
    const auto lines = static_cast<int>(given.last - given.first) + 3;
    const Terminal terminal = standard_output();
    in_place_ = terminal.interactive && lines < terminal.rows;
    if (!in_place_) context_.print("Asynchronously:\n");
  }

  void draw(const std::vector<std::optional<long>>& results) {
    if (in_place_) {
      draw_table(results);
    } else {
      say_news(results);
    }
  }

 private:
  std::string line(std::size_t i, const std::optional<long>& result) const {
    return fmt::format("fib({}) = {}", given_.first + static_cast<int>(i),
                       result ? std::to_string(*result) : "(calculating)");
  }

  void draw_table(const std::vector<std::optional<long>>& results) {
    const std::chrono::duration<double> now = std::chrono::steady_clock::now() - start_;
    std::vector<std::string> lines{fmt::format("Asynchronously: (now = {:.2f})", now.count())};
    for (std::size_t i = 0; i < results.size(); ++i) lines.push_back(line(i, results[i]));
    table_.draw(lines);
  }

  void say_news(const std::vector<std::optional<long>>& results) {
    said_.resize(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (said_[i] || !results[i]) continue;
      context_.print(line(i, results[i]) + "\n");
      said_[i] = true;
    }
  }

  const DemoArguments& given_;
  Context& context_;
  LiveTable table_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool in_place_ = false;
  std::vector<bool> said_{};
};

std::vector<Job<long>> enqueue_all(const DemoArguments& given, Queue& queue) {
  std::vector<TypedCall<long>> calls;
  for (int n = given.first; n <= given.last; ++n) calls.push_back(kSlowFib(n));
  return queue.enqueue_many(calls);
}

bool all_there(const std::vector<std::optional<long>>& results) {
  return std::all_of(results.begin(), results.end(), [](const auto& each) { return !!each; });
}

void play(const DemoArguments& given, Context& context, Signals& interrupts) {
  const std::filesystem::path modules = folder_of_fib();
  const sandbox::EphemeralServer server;
  if (interrupts.seen() != 0) return;
  const int horses = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
  OwnProgram worker(
      {.words = {"worker", "--path", modules.string(), "--horses", std::to_string(horses)},
       .url = server.url(),
       .log = server.folder() / "worker.log"},
      interrupts);
  Queue queue("default", {.url = server.url()});
  const std::vector<Job<long>> jobs = enqueue_all(given, queue);
  Show show(given, context);
  while (interrupts.seen() == 0) {
    const auto results = queue.results_of(jobs);
    show.draw(results);
    if (all_there(results)) break;
    worker.check_alive();
    interrupts.wait(50ms);
  }
}

int demo(const DemoArguments& given, Context& context) {
  if (given.first > given.last) {
    throw InvalidArgument(fmt::format(
        "--first is {} and --last {}: use a last one that is not less", given.first, given.last));
  }
  Signals interrupts{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
  adopt_orphans();
  try {
    play(given, context, interrupts);
  } catch (const Error&) {
    await_orphans(5s);
    if (interrupts.seen() == 0) throw;
  }
  await_orphans(5s);
  if (const int signal = interrupts.seen()) return 128 + signal;
  context.say("Done");
  return kDone;
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("demo", "Watch a producer, Redis and a worker play together");
  auto given = std::make_shared<DemoArguments>();
  command->add_option("--first", given->first, "Calculate fib(N) from this N on")
      ->check(CLI::Range(0, kMaxN).description(""))
      ->capture_default_str();
  command->add_option("--last", given->last, "Up to this N, 90 at most; above 45 it takes long")
      ->check(CLI::Range(0, kMaxN).description(""))
      ->capture_default_str();
  add_examples(*command, R"(  rqpp demo
  rqpp demo --last 42

It starts a Redis and a worker of its own and needs nothing else. Ctrl-C ends all of it. Exit codes:
0, 1 failed, 2 usage, 128 and the signal's number when interrupted.)");
  command->callback([given, &context] { context.exit_code = demo(*given, context); });
}

}  // namespace rqpp::cli
