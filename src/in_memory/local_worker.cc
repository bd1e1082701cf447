#include "in_memory/local_worker.h"

#include <memory>
#include <utility>
#include <variant>

#include "base/ids.h"
#include "client/relatives.h"
#include "codec/meta.h"
#include "protocol/keys.h"
#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "worker/callback.h"
#include "worker/job_results.h"
#include "worker/run_job.h"
#include "worker/settle.h"
#include "worker/throw_points.h"

#include <rqpp/current_job.h>
#include <rqpp/error.h>

namespace rqpp::in_memory {
namespace {

using namespace std::chrono_literals;

constexpr const char* kName = "sync";  // RQ's word
constexpr auto kLease = 1h;            // a test may stand in a debugger
constexpr auto kResultTtl = 500s;

/// The job as its task sees it.
class LocalContext final : public detail::JobContext {
 public:
  LocalContext(std::string id, const std::string& meta, Serializer serializer, const Queue& queue,
               client::Session& session)
      : JobContext(std::move(id), codec::read_meta(meta, serializer), never_),
        meta_(meta),
        serializer_(serializer),
        queue_(queue),
        session_(session) {}

  void save_meta(const Value& meta) override {
    session_.run(protocol::save_meta(id(), codec::write_meta(meta, meta_, serializer_)));
  }

  std::string enqueue(const Call& call, const EnqueueOptions& options,
                      std::string_view queue) override {
    EnqueueOptions complete = options;
    if (!complete.serializer) complete.serializer = serializer_;
    Queue other = queue_.sibling(queue.empty() ? queue_.name() : std::string(queue));
    return other.enqueue(call, complete).id();
  }

 private:
  detail::StopFlag never_{};
  std::string meta_;
  Serializer serializer_;
  const Queue& queue_;
  client::Session& session_;
};

// A function of its own, since backtraces end above it.
__attribute__((noinline)) Value invoke(const tasks::TaskEntry& task, const Call& call,
                                       worker::ThrowWatch& watch) {
  watch.start();
  return task.invoke(call);
}

}  // namespace

Value LocalWorker::run(const Call& call) {
  const detail::JobScope scope(std::make_shared<LocalContext>(
      base::new_uuid_hex(), std::string(), session_.serializer(), queue_, session_));
  return modules_.find(call.function).invoke(call);
}

std::vector<worker::JobResult> LocalWorker::results_for(const protocol::JobRecord& job) {
  worker::ClaimedJob claimed{.job = job};
  for (const auto& [place, id] : protocol::read_results_text(job.results)) {
    worker::take_result(claimed, place, id, session_.run(protocol::latest_results(id, 1)).at(0));
  }
  if (!claimed.error.empty()) throw TaskError(claimed.error);
  return std::move(claimed.results);
}

worker::Outcome LocalWorker::run(const protocol::JobRecord& job) {
  worker::ThrowWatch watch;
  try {
    codec::DecodedCall decoded = worker::decode_data(job.data);
    worker::fill_in(decoded.call, results_for(job));
    const tasks::TaskEntry& task = modules_.find(decoded.call.function);
    const Queue origin = queue_.sibling(job.origin);
    const detail::JobScope scope(
        std::make_shared<LocalContext>(job.id, job.meta, decoded.serializer, origin, session_));
    const Value result = invoke(task, decoded.call, watch);
    return {.kind = worker::Outcome::Kind::value,
            .return_value = worker::serialize_result(result, decoded.serializer)};
  } catch (...) {
    return worker::outcome_of_what_was_thrown(job.id, {});
  }
}

worker::Outcome LocalWorker::call_back(const protocol::JobRecord& job,
                                       const protocol::JobCallback& callback,
                                       const std::string& told) {
  worker::ThrowWatch watch;
  try {
    const tasks::TaskEntry& task = modules_.find(callback.task);
    const Queue origin = queue_.sibling(job.origin);
    const detail::JobScope scope(
        std::make_shared<LocalContext>(job.id, job.meta, session_.serializer(), origin, session_));
    (void)invoke(task, worker::callback_call(task, callback.task, callback.when, told), watch);
    return {};
  } catch (...) {
    return worker::outcome_of_what_was_thrown(job.id, {});
  }
}

/// Tells the job's callback of the verdict, which is another one if that of a success fails.
worker::Verdict LocalWorker::tell(const protocol::JobRecord& job, worker::Verdict verdict,
                                  std::string error) {
  const protocol::JobCallback* callback = worker::callback_for(job, verdict);
  if (callback == nullptr) return verdict;
  worker::Outcome outcome = call_back(job, *callback, worker::told_of(verdict, std::move(error)));
  if (!outcome.is_error()) return verdict;
  outcome.exc_info = worker::callback_error(*callback, outcome);
  if (callback->when == Status::finished) {
    error = outcome.exc_info;
    return tell(job,
                worker::judge(job, worker::Told::nothing, std::move(outcome),
                              worker::Interrupted::fail, session_.now()),
                std::move(error));
  }
  if (auto* end = std::get_if<worker::End>(&verdict)) {
    end->outcome.exc_info += "\n\n" + outcome.exc_info;
  }
  return verdict;
}

void LocalWorker::end(const protocol::JobRecord& job, const protocol::Execution& run, Time began,
                      worker::Verdict verdict, DrainResult& done) {
  if (const auto* back = std::get_if<protocol::PutBack>(&verdict)) {
    session_.run(protocol::put_back(run, *back, session_.now()));
    return;
  }
  auto& end = std::get<worker::End>(verdict);
  if (end.status != Status::finished && !end.again) {
    done.failures.push_back(
        {.job_id = job.id, .description = job.description, .error = end.outcome.exc_info});
  }
  const worker::Settle settle{.job = job,
                              .run = run,
                              .status = end.status,
                              .outcome = std::move(end.outcome),
                              .times = {.started = began, .ended = session_.now()},
                              .again = std::move(end.again)};
  const auto reply = session_.run(worker::settle(settle, kResultTtl)).at(0);
  if (!protocol::read_settled(reply).dependents) return;
  client::release_dependents([this](const redis::Batch& batch) { return session_.run(batch); },
                             job.id, settle.status, session_.now());
}

void LocalWorker::run(const protocol::Started& started, DrainResult& done) {
  const Time began = session_.now();
  protocol::JobRecord job{.id = started.run.job_id, .origin = started.run.queue};
  worker::Outcome outcome;
  try {
    if (auto read = protocol::read_whole_job(job.id, started.fields)) job = std::move(*read);
    outcome = run(job);
  } catch (const DecodeError& error) {
    outcome = worker::failure(std::string(error.what()));
  }
  ++done.runs;
  std::string error = outcome.exc_info;
  worker::Verdict verdict = worker::judge(job, worker::Told::nothing, std::move(outcome),
                                          worker::Interrupted::fail, session_.now());
  end(job, started.run, began, tell(job, std::move(verdict), std::move(error)), done);
}

bool LocalWorker::run_next(const std::vector<std::string>& queues, DrainResult& done) {
  for (;;) {
    const protocol::ClaimRequest request{
        .claimant = {.worker = protocol::incarnation_of(kName, base::new_uuid_hex())},
        .queues = queues,
        .execution_ids = {base::new_uuid_hex()}};
    const std::string& worker = request.claimant.worker;
    // The claim leaves its mark in the hash of a worker that nobody has registered.
    redis::Batch batch = protocol::begin_session(request.claimant);
    batch.append(protocol::claim(request, kLease, session_.now()));
    batch.add("DEL", protocol::keys::worker(kName));
    const auto claim = protocol::read_claim(session_.run(batch).at(1), worker);
    if (!claim.started.empty()) run(claim.started.front(), done);
    session_.run(redis::Batch{}.add("DEL", protocol::keys::runs(worker)));
    if (!claim.started.empty()) return true;
    if (!claim.more) return false;
  }
}

}  // namespace rqpp::in_memory
