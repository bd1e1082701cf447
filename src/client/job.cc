#include <rqpp/job.h>

#include <fmt/format.h>

#include "client/describe.h"
#include "client/outcome.h"
#include "client/relatives.h"
#include "client/session.h"
#include "client/wait.h"
#include "codec/compress.h"
#include "codec/serialize.h"
#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"

namespace rqpp {
namespace {

protocol::JobRecord fetch(client::Session& session, const std::string& id) {
  const auto replies = session.run(protocol::fetch_jobs(std::span(&id, 1)));
  std::optional<protocol::JobRecord> job = protocol::read_job(id, replies.at(0).elements);
  if (!job) throw client::no_such_job(id);
  return std::move(*job);
}

/// Runs a transition that answers with a number, 0 for a job that does not exist.
std::int64_t change(client::Session& session, const std::string& id, const redis::Batch& batch) {
  const std::int64_t answer = session.run(batch).at(0).number;
  if (answer == 0) throw client::no_such_job(id);
  return answer;
}

}  // namespace

bool JobHandle::exists() const {
  return session_->run(protocol::job_exists(id_)).at(0).number == 1;
}

Status JobHandle::status() const {
  const auto replies = session_->run(protocol::job_status(id_));
  const std::optional<Status> status = protocol::read_status(replies.at(0).text);
  if (!status) throw client::no_such_job(id_);
  return *status;
}

JobInfo JobHandle::info() const {
  JobInfo info = client::describe(fetch(*session_, id_));
  if (info.status == Status::scheduled) {
    info.due_at = protocol::read_due_time(session_->run(protocol::due_time(info.queue, id_)).at(0));
  }
  return info;
}

std::vector<Result> JobHandle::results(int max_results) const {
  if (max_results < 1) {
    throw InvalidArgument(fmt::format("cannot give {} results: ask for 1 or more", max_results));
  }
  const auto replies = session_->run(protocol::latest_results(id_, max_results));
  std::vector<Result> results;
  for (protocol::ResultRecord& run : protocol::read_results(replies.at(0))) {
    results.push_back(client::describe(std::move(run)));
  }
  return results;
}

std::string JobHandle::exc_info() const {
  const std::vector<Result> newest = results(1);
  return newest.empty() ? std::string() : newest.front().exc_info;
}

Value JobHandle::meta() const {
  const auto replies = session_->run(protocol::job_meta(id_));
  if (replies.at(1).number == 0) throw client::no_such_job(id_);
  const std::string& bytes = replies.at(0).text;
  return bytes.empty() ? Value::dict() : codec::deserialize(bytes);
}

void JobHandle::save_meta(const Value& meta) {
  std::optional<Serializer> serializer = serializer_;
  if (!serializer) {
    const std::string call = codec::inflate_or_raw(fetch(*session_, id_).data);
    serializer = codec::sniff(call).value_or(session_->serializer());
  }
  change(*session_, id_, protocol::save_meta(id_, protocol::serialized_meta(meta, *serializer)));
}

void JobHandle::cancel(const CancelOptions& options) {
  const bool tell = change(*session_, id_, protocol::cancel(id_, session_->now())) == 2;
  if (options.remove_from_dependencies) client::leave_parents(client::asking(*session_), id_);
  if (options.enqueue_dependents) {
    client::release_dependents(client::asking(*session_), id_, Status::finished, session_->now());
  } else if (tell) {
    client::release_dependents(client::asking(*session_), id_, Status::canceled, session_->now());
  }
}

void JobHandle::requeue(const RequeueOptions& options) {
  const auto position = options.at_front ? protocol::Position::front : protocol::Position::back;
  if (change(*session_, id_, protocol::requeue(id_, position, session_->now())) < 0) {
    throw Error(
        fmt::format("cannot requeue job '{}': it is not among the failed jobs of its queue", id_));
  }
}

void JobHandle::remove(const RemoveOptions& options) {
  if (options.dependents)
    client::delete_dependents(client::asking(*session_), id_, session_->now());
  change(*session_, id_, protocol::delete_job(id_, session_->now()));
}

std::optional<Value> JobHandle::newest_value() const {
  return client::newest_results(*session_, std::span(&id_, 1)).at(0);
}

Value JobHandle::wait_for_value(std::chrono::milliseconds timeout) const {
  return client::wait_for_result(*session_, id_, timeout);
}

namespace detail {

void refuse_result(const std::string& job_id, const DecodeError& error) {
  throw DecodeError(
      fmt::format("the result of job '{}' is of another type: {}", job_id, error.what()));
}

}  // namespace detail
}  // namespace rqpp
