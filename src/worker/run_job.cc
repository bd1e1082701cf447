#include "worker/run_job.h"

#include <cxxabi.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "codec/compress.h"
#include "codec/meta.h"
#include "codec/serialize.h"
#include "protocol/new_job.h"
#include "protocol/retry.h"
#include "tasks/foreign_module.h"
#include "tasks/unfit_call.h"
#include "worker/job_results.h"
#include "worker/throw_points.h"
#include "worker/traceback.h"

#include <rqpp/current_job.h>
#include <rqpp/error.h>
#include <rqpp/retry_later.h>

namespace rqpp::worker {
namespace {

/// Throws InvalidArgument for what the worker would not take.
void check_handed_over(std::string_view what, std::size_t bytes) {
  if (bytes <= kMaxHandedOverBytes) return;
  throw InvalidArgument(fmt::format("{} has {} bytes, a worker takes no more than {} from a job",
                                    what, bytes, kMaxHandedOverBytes));
}

/// The job as its task sees it: what it asks for goes to the parent, which talks to Redis.
class HorseContext final : public detail::JobContext {
 public:
  HorseContext(const Assignment& assignment, Serializer serializer, ParentChannel& parent,
               detail::StopFlag& stop)
      : JobContext(assignment.job_id, codec::read_meta(assignment.meta, serializer), stop),
        assignment_(assignment),
        serializer_(serializer),
        parent_(parent) {}

  void save_meta(const Value& meta) override {
    std::string serialized = codec::write_meta(meta, assignment_.meta, serializer_);
    check_handed_over("the meta of the job", serialized.size());
    hand_over(MetaSaved{
        .job_id = assignment_.job_id, .meta = std::move(serialized), .run = assignment_.run});
  }

  std::string enqueue(const Call& call, const EnqueueOptions& options,
                      std::string_view queue) override {
    if (options.unique || options.unique_for) {
      throw InvalidArgument(
          "a job cannot enqueue a unique one by current_job(): use a Queue of its own");
    }
    EnqueueRequest request{
        .at_front = options.at_front,
        .job = protocol::new_job(call, options, queue.empty() ? assignment_.queue : queue,
                                 serializer_, base::new_uuid_hex(), base::now()),
        .run = assignment_.run};
    check_request(request);
    check_handed_over("the call", request.job.data.size() + request.job.meta.size());
    hand_over(request);
    return request.job.id;
  }

 private:
  template <class Frame>
  void hand_over(const Frame& frame) {
    parent_.send(frame);
    if (!parent_.flush_all()) {
      throw ConnectionError("the worker that runs this job is gone; the job ends soon, too");
    }
  }

  const Assignment& assignment_;
  Serializer serializer_;
  ParentChannel& parent_;
};

Outcome to_outcome(ErrorText text) {
  return {.kind = Outcome::Kind::error,
          .exc_info = std::move(text.exc_info),
          .summary = std::move(text.summary)};
}

ErrorText describe(const std::exception_ptr& error, const JobLimits& limits) {
  ErrorText text = describe_exception(error);
  if (limits.memory_bytes > 0 && is_out_of_memory(error)) {
    text.summary = memory_limit_text(limits);
    text.exc_info += text.summary + "\n";
  }
  return text;
}

/// No retry would help.
Outcome for_good(Outcome outcome) {
  outcome.kind = Outcome::Kind::final_error;
  return outcome;
}

/// A task that asks for another run.
Outcome asked(Outcome::Kind kind, const std::exception& why) {
  return {.kind = kind, .summary = describe_failure(why.what()).summary};
}

bool is_known(std::string_view task, const Repertoire& repertoire) {
  for (std::size_t dot = task.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = task.rfind('.', dot - 1)) {
    if (repertoire.known.contains(std::string(task.substr(0, dot)))) return true;
  }
  return false;
}

// A module that a horse had to load is told to the parent, so that later horses are born with it,
// or at least load it without a probe.
const tasks::TaskEntry& find_task(const std::string& name, Repertoire& repertoire,
                                  ParentChannel& parent) {
  if (is_known(name, repertoire)) return repertoire.modules.find(name);
  const tasks::TaskEntry& task = repertoire.modules.find(name);
  for (const tasks::LoadedModule& module : repertoire.modules.loaded()) {
    if (!repertoire.known.insert(module.name).second) continue;
    parent.send(ModuleLoaded{.module = module.name});
  }
  parent.flush_all();
  return task;
}

/// Ends a process that the task has forked where the task returns or throws in it: nobody has asked
/// it for an outcome, and what its parent has not flushed yet is not its own to write.
class ForkGuard {
 public:
  ForkGuard() : process_(::getpid()), exceptions_(std::uncaught_exceptions()) {}
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;
  ~ForkGuard() {
    if (::getpid() == process_) return;
    ::_exit(std::uncaught_exceptions() > exceptions_ ? EXIT_FAILURE : EXIT_SUCCESS);
  }

 private:
  pid_t process_;
  int exceptions_;
};

// A function of its own, since backtraces end above it.
__attribute__((noinline)) Value invoke(const tasks::TaskEntry& task, const Call& call,
                                       const Repertoire& repertoire, ThrowWatch& watch) {
  const LimitedRun limited(repertoire.limits, repertoire.born_with);
  watch.start();
  const ForkGuard guard;
  return task.invoke(call);
}

/// The serializer of a job whose data may be what it failed for.
Serializer serializer_of(const std::string& data) {
  try {
    return codec::sniff(codec::inflate_or_raw(data)).value_or(Serializer::pickle);
  } catch (const DecodeError&) {
    return Serializer::pickle;
  }
}

Outcome run_callback(const Assignment& assignment, Repertoire& repertoire, ParentChannel& parent,
                     detail::StopFlag& stop, ThrowWatch& watch) {
  const tasks::TaskEntry* task = nullptr;
  try {
    task = &find_task(assignment.callback, repertoire, parent);
  } catch (const TaskError& error) {
    if (!assignment.callback_is_foreign) throw;
    return {.kind = Outcome::Kind::absent, .summary = describe_failure(error.what()).summary};
  }
  const detail::JobScope scope(
      std::make_shared<HorseContext>(assignment, serializer_of(assignment.data), parent, stop));
  const Call call = callback_call(*task, assignment.callback, assignment.ended_as, assignment.told);
  (void)invoke(*task, call, repertoire, watch);
  return {.kind = Outcome::Kind::value};
}

Outcome run(const Assignment& assignment, Repertoire& repertoire, ParentChannel& parent,
            detail::StopFlag& stop, ThrowWatch& watch) {
  if (!assignment.callback.empty()) {
    try {
      return run_callback(assignment, repertoire, parent, stop, watch);
    } catch (const tasks::ForeignModule& error) {
      throw TaskError(error.what());  // the job itself has run here: it is not for others
    }
  }
  codec::DecodedCall decoded = decode_data(assignment.data);
  if (!assignment.results.empty()) fill_in(decoded.call, assignment.results);
  const tasks::TaskEntry& task = find_task(decoded.call.function, repertoire, parent);
  const detail::JobScope scope(
      std::make_shared<HorseContext>(assignment, decoded.serializer, parent, stop));
  const Value result = invoke(task, decoded.call, repertoire, watch);
  return {.kind = Outcome::Kind::value,
          .return_value = serialize_result(result, decoded.serializer)};
}

}  // namespace

codec::DecodedCall decode_data(const std::string& data) {
  try {
    return codec::decode_call(codec::inflate_or_raw(data));
  } catch (const DecodeError& error) {
    throw DecodeError(fmt::format("cannot read the job's data: {}", error.what()));
  }
}

Call callback_call(const tasks::TaskEntry& callback, const std::string& name, Status ended_as,
                   const std::string& told) {
  Call call{.function = name};
  if (callback.parameter_count() == 0) return call;
  if (ended_as == Status::finished) {
    call.args.push_back(told.empty() ? Value() : codec::deserialize(told));
  } else if (ended_as == Status::failed) {
    call.args.emplace_back(told);
  }
  return call;
}

std::string serialize_result(const Value& result, Serializer serializer) {
  if (result.is_null()) return {};
  std::string bytes;
  try {
    bytes = codec::serialize(result, serializer);
  } catch (const InvalidArgument&) {
    return codec::serialize("Unserializable return value", serializer);  // RQ's words
  }
  if (bytes.size() > kMaxHandedOverBytes) {
    throw TaskError(fmt::format(
        "the result has {} bytes, a worker takes no more than {}: store it elsewhere and return "
        "its place",
        bytes.size(), kMaxHandedOverBytes));
  }
  return bytes;
}

Outcome outcome_of_what_was_thrown(std::string_view job_id, const JobLimits& limits) {
  Outcome outcome;
  try {
    throw;
  } catch (const RetryLater& wish) {
    outcome = asked(Outcome::Kind::run_again, wish);
    outcome.max_reruns = wish.retry().max;
    outcome.waits = protocol::intervals_of(wish.retry(), job_id);
    outcome.at_front = wish.retry().at_front;
  } catch (const Snooze& wish) {
    outcome = asked(Outcome::Kind::snooze, wish);
    outcome.waits = {wish.wait().count()};
  } catch (const NonRetryable&) {
    outcome = for_good(to_outcome(describe(std::current_exception(), limits)));
  } catch (const tasks::ForeignModule& error) {
    outcome = asked(Outcome::Kind::foreign_module, error);
  } catch (const tasks::UnfitCall&) {
    outcome = for_good(to_outcome(describe(std::current_exception(), limits)));
  } catch (...) {
    outcome = to_outcome(describe(std::current_exception(), limits));
  }
  return outcome;
}

// A forced unwind is no object: the runtime binds the reference to null, which UBSan would not
// have.
__attribute__((no_sanitize("null"))) Outcome run_job(const Assignment& assignment,
                                                     Repertoire& repertoire, ParentChannel& parent,
                                                     detail::StopFlag& stop) {
  const UsageMeter meter(repertoire.counted);
  ThrowWatch watch;
  Outcome outcome;
  try {
    outcome = run(assignment, repertoire, parent, stop, watch);
  } catch (abi::__forced_unwind&) {
    throw;  // the runtime insists: catching it for good would end the process
  } catch (...) {
    outcome = outcome_of_what_was_thrown(assignment.job_id, repertoire.limits);
  }
  outcome.usage = meter.read();
  outcome.run = assignment.run;
  return outcome;
}

void rehearse(const Repertoire& repertoire) {
  const codec::DecodedCall decoded = decode_data(repertoire.rehearsal);
  ThrowWatch watch;
  watch.start();
  (void)is_known(decoded.call.function, repertoire);
  (void)encode(
      Outcome{.return_value = serialize_result(decoded.call.args.at(0), Serializer::pickle)});
}

Outcome failure(std::string_view text) { return to_outcome(describe_failure(text)); }

}  // namespace rqpp::worker
