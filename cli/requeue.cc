#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/printable.h"
#include "commands.h"
#include "filter_options.h"
#include "hundreds.h"
#include "options.h"
#include "progress_bar.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/connection.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

struct RequeueArguments {
  std::vector<std::string> ids{};
  std::string queue{};
  bool all = false;
  JobFilter filter{};

  bool filters() const { return filter != JobFilter{}; }
};

/// What has become of the jobs so far.
struct BulkResult {
  std::int64_t requeued = 0;
  std::int64_t gone = 0;  ///< There is no such job any more, only its id among the failed ones.
  std::int64_t not_failed = 0;  ///< Not among the failed jobs of the queue, or not any more.

  std::int64_t total() const { return requeued + gone + not_failed; }
  std::int64_t refused() const { return gone + not_failed; }
};

void requeue_some(redis::Connection& connection, std::span<const std::string> ids,
                  BulkResult& tally) {
  redis::Batch batch;
  const Time now = base::now();
  for (const std::string& id : ids) {
    batch.append(protocol::requeue(id, protocol::Position::back, now));
  }
  for (const redis::Reply& reply : connection.run(batch)) {
    tally.requeued += reply.number > 0 ? 1 : 0;
    tally.gone += reply.number == 0 ? 1 : 0;
    tally.not_failed += reply.number < 0 ? 1 : 0;
  }
}

/// As many jobs as have failed until now, the first to be forgotten first: those that fail again
/// meanwhile do not keep it going.
BulkResult requeue_all(const RequeueArguments& given, Context& context) {
  Registry failed = context.queue(given.queue).registry(RegistryKind::failed);
  const std::int64_t count = failed.count();
  if (count == 0) return {};
  context.print(fmt::format("{} jobs of queue {}\n",
                            given.filters() ? fmt::format("Looking through {} failed", count)
                                            : fmt::format("Requeueing {}", count),
                            base::printable(given.queue)));
  ProgressBar bar(context, count);
  const auto show = [&bar](std::int64_t looked_at, std::int64_t) { bar.show(looked_at); };
  const Registry::BulkResult done = failed.requeue_all(given.filter, {}, show);
  return {.requeued = done.changed,
          .gone = done.gone,
          .not_failed = given.filters() ? 0 : done.unchanged};
}

/// The ids among these that stand in the queue's registry of failed jobs.
std::vector<std::string> failed_among(redis::Connection& connection, const RequeueArguments& given,
                                      std::span<const std::string> ids, Context& context) {
  const auto replies = connection.run(protocol::failed_among(given.queue, ids));
  std::vector<std::string> failed;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!replies.at(0).elements.at(i).is_nil()) {
      failed.push_back(ids[i]);
    } else {
      context.complain(fmt::format("job '{}' is not among the failed jobs of queue '{}'",
                                   base::printable(ids[i]), base::printable(given.queue)));
    }
  }
  return failed;
}

BulkResult requeue_these(const RequeueArguments& given, Context& context) {
  redis::Connection connection(context.settings());
  const std::vector<std::string> words = given_words(given.ids);
  context.print(
      fmt::format("Requeueing {} jobs of queue {}\n", words.size(), base::printable(given.queue)));
  ProgressBar bar(context, static_cast<std::int64_t>(words.size()));
  BulkResult tally;
  for_each_hundred(words, [&](std::span<const std::string> some) {
    const auto failed = failed_among(connection, given, some, context);
    tally.not_failed += static_cast<std::int64_t>(some.size() - failed.size());
    if (!failed.empty()) requeue_some(connection, failed, tally);
    bar.show(tally.total());
  });
  return tally;
}

void requeue(const RequeueArguments& given, Context& context) {
  protocol::check_queue_name(given.queue);
  if (given.filters() && !given.ids.empty()) {
    throw InvalidArgument(
        "--error, --task and --older-than choose among all failed jobs: leave the "
        "ids out, or the options");
  }
  const bool all = given.all || given.filters();
  if (!all && given.ids.empty()) return context.say("Nothing to do");
  const BulkResult tally = all ? requeue_all(given, context) : requeue_these(given, context);
  if (tally.total() == 0) return context.say("Nothing to do");
  context.say(fmt::format("{} jobs requeued", tally.requeued));
  if (tally.refused() == 0) return;
  context.complain(
      fmt::format("unable to requeue {} jobs: {} no longer exist, {} are not among the failed ones",
                  tally.refused(), tally.gone, tally.not_failed));
  context.exit_code = kFailed;
}

}  // namespace

void add_requeue(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("requeue", "Put failed jobs back into their queue");
  auto given = std::make_shared<RequeueArguments>();
  command->add_option("IDS", given->ids, "Ids of failed jobs")->type_name("");
  command->add_option("--queue", given->queue, "The queue in which they failed")
      ->required()
      ->type_name("NAME");
  command->add_flag("-a,--all", given->all, "All jobs of the queue that have failed until now");
  add_filter(*command, given->filter);
  add_url(*command, context);
  add_examples(*command, R"(  rqpp requeue --queue mail --all
  rqpp requeue --queue mail my-job your-job
  rqpp requeue --queue mail --error 'disk full' --older-than 1h

Where the queue does not matter, `rqpp job requeue ID` does the same. Exit codes: 0, 1 some jobs
could not be requeued, 2 usage.)");
  command->callback([given, &context] { requeue(*given, context); });
}

}  // namespace rqpp::cli
