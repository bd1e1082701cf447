#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "json_text.h"
#include "options.h"
#include "sandbox/find_redis.h"
#include "sandbox/private_server.h"

namespace rqpp::cli {
namespace {

using ServerStatus = sandbox::PrivateServer::Status;

sandbox::PrivateServer server_of(const Context& context) {
  return sandbox::PrivateServer(sandbox::default_places(context.environment()));
}

void start(Context& context) {
  auto server = server_of(context);
  const bool ran = server.status().running;
  const ServerStatus status = server.start();
  context.say(fmt::format("Redis {} at {} (process {}), with its data in {}.",
                          ran ? "runs already" : "runs", redis::to_display(server.settings()),
                          status.pid, status.data.string()));
  context.say("`--url private:` or RQ_REDIS_URL=private: means this one.");
}

void stop(Context& context) {
  auto server = server_of(context);
  const bool ran = server.status().running;
  const ServerStatus status = server.stop();
  context.say(ran ? fmt::format("Redis has ended; its data stay in {}.", status.data.string())
                  : std::string("No private Redis runs."));
}

void show_status(bool json, Context& context) {
  const auto server = server_of(context);
  const ServerStatus status = server.status();
  context.exit_code = status.running ? kDone : kFailed;
  const std::string url = redis::to_display(server.settings());
  if (json) {
    context.say(to_line({{"running", status.running},
                         {"pid", status.running ? Json(status.pid) : Json(nullptr)},
                         {"url", url},
                         {"socket", status.socket.string()},
                         {"data", status.data.string()}}));
  } else if (status.running) {
    context.say(fmt::format("Redis runs at {} (process {}), with its data in {}.", url, status.pid,
                            status.data.string()));
  } else {
    context.say("No private Redis runs. `rqpp redis start` starts one.");
  }
}

}  // namespace

void add_redis(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("redis", "Your private Redis: start, stop, status");
  ask_for_command(*group);
  add_examples(*group, R"(  rqpp redis start
  rqpp worker --url private:
  rqpp redis stop

It is for work on one machine: a redis-server of yours that listens on a Unix socket only and keeps
its data. rqpp starts it by itself where no Redis was configured and none runs.)");

  auto* command = group->add_subcommand("start", "Start it unless it runs");
  command->callback([&context] { start(context); });
  command = group->add_subcommand("stop", "End it; its data stay");
  command->callback([&context] { stop(context); });

  auto json = std::make_shared<bool>(false);
  command = group->add_subcommand("status", "Say whether it runs: exit code 0 if so, else 1");
  command->add_flag("--json", *json, "Print one JSON object");
  command->callback([json, &context] { show_status(*json, context); });
}

}  // namespace rqpp::cli
