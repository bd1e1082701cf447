#include "client/wait.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/outcome.h"
#include "client/relatives.h"
#include "protocol/queries.h"

#include <rqpp/enqueue_options.h>
#include <rqpp/error.h>

namespace rqpp::client {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kJobsPerTransaction = 100;
/// Nothing in Redis wakes who waits for a job that is canceled or deleted, so we look, ever less
/// often: a long wait costs five commands a minute.
constexpr milliseconds kFirstLook{1'000};
constexpr milliseconds kLastLook{60'000};

class Deadline {
 public:
  explicit Deadline(milliseconds timeout)
      : timeout_(timeout), start_(std::chrono::steady_clock::now()) {
    if (timeout < milliseconds{0} && !forever()) {
      throw InvalidArgument(
          fmt::format("the timeout is {} ms: use 0 or more, or -1 for no limit", timeout.count()));
    }
  }

  milliseconds timeout() const { return timeout_; }
  /// 0 when it is over; at most `most`.
  milliseconds left(milliseconds most) const {
    if (forever()) return most;
    const auto gone = std::chrono::steady_clock::now() - start_;
    return std::clamp(std::chrono::ceil<milliseconds>(timeout_ - gone), milliseconds{0}, most);
  }

 private:
  bool forever() const { return timeout_ == kForever; }

  milliseconds timeout_;
  std::chrono::steady_clock::time_point start_;
};

/// Where the stream says nothing of an end: a worker of an old RQ has run the job, or the result is
/// gone.
void look_into_hash(const Run& run, const std::string& id, protocol::NewestOutcome& newest) {
  const bool may_be_there = newest.status == Status::finished || newest.status == Status::failed;
  if (newest.result || !may_be_there) return;
  newest.result = protocol::read_outcome_in_hash(run(protocol::outcome_in_hash(id)).at(0));
}

[[noreturn]] void throw_timeout(const std::string& id, const Deadline& deadline,
                                const protocol::NewestOutcome& newest) {
  throw TimeoutError(fmt::format("job '{}' has not ended within {} ms; it is {}", id,
                                 deadline.timeout().count(),
                                 newest.status ? to_string(*newest.status) : "in no status"));
}

/// Blocks for the first entry behind `after`; nothing when none came, or none that is a result.
std::optional<Value> next_result(Session& session, const std::string& id, const std::string& after,
                                 milliseconds block) {
  const auto replies = session.run_aside(protocol::await_result(id, after, block), block);
  const auto run = protocol::read_awaited_result(replies.at(0));
  return run ? result_of(id, *run) : std::nullopt;
}

Value wait_until(Session& session, const std::string& id, const Deadline& deadline) {
  for (milliseconds look = kFirstLook;; look = std::min(2 * look, kLastLook)) {
    const auto replies =
        session.run_aside(protocol::newest_outcomes(std::span(&id, 1)), milliseconds{0});
    auto newest = protocol::read_newest_outcome(replies.at(0), replies.at(1));
    look_into_hash(asking(session), id, newest);
    if (std::optional<Value> value = result_of(id, newest)) return *value;

    const milliseconds block = deadline.left(look);
    if (block.count() == 0) throw_timeout(id, deadline, newest);
    const std::string after = newest.result ? newest.result->id : "0-0";
    if (std::optional<Value> value = next_result(session, id, after, block)) return *value;
  }
}

}  // namespace

std::vector<std::optional<Value>> newest_results(Session& session,
                                                 std::span<const std::string> ids) {
  std::vector<std::optional<Value>> results;
  results.reserve(ids.size());
  for (std::size_t begin = 0; begin < ids.size(); begin += kJobsPerTransaction) {
    const auto some = ids.subspan(begin, std::min(kJobsPerTransaction, ids.size() - begin));
    const auto replies = session.run(protocol::newest_outcomes(some));
    for (std::size_t i = 0; i < some.size(); ++i) {
      auto newest = protocol::read_newest_outcome(replies.at(2 * i), replies.at(2 * i + 1));
      look_into_hash(asking(session), some[i], newest);
      results.push_back(result_of(some[i], newest));
    }
  }
  return results;
}

Value wait_for_result(Session& session, const std::string& id, milliseconds timeout) {
  return wait_until(session, id, Deadline(timeout));
}

std::vector<Value> wait_for_results(Session& session, std::span<const std::string> ids,
                                    milliseconds timeout) {
  const Deadline deadline(timeout);
  std::vector<std::optional<Value>> known = newest_results(session, ids);
  std::vector<Value> results;
  results.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    results.push_back(known[i] ? std::move(*known[i]) : wait_until(session, ids[i], deadline));
  }
  return results;
}

}  // namespace rqpp::client
