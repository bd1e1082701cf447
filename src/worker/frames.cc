#include "worker/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <csignal>
#include <type_traits>
#include <utility>

#include "base/utf8.h"
#include "codec/calendar.h"
#include "protocol/groups.h"
#include "protocol/job_id.h"
#include "protocol/new_job.h"
#include "protocol/rate_limit.h"
#include "protocol/webhooks.h"
#include "worker/frame_bytes.h"

#include <rqpp/detail/task_name.h>
#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

template <class Fields>
void list_usage(Fields& fields, auto& usage) {
  fields(usage.wall, usage.user_cpu, usage.system_cpu, usage.peak_memory_bytes);
}

// ---- what the fields of each frame are; `frame` is const when writing

template <class Frame, class Wanted>
concept Is = std::same_as<std::remove_const_t<Frame>, Wanted>;

template <class Fields, class Callbacks>
void list_callbacks(Fields& fields, Callbacks& callbacks) {
  auto count = static_cast<std::uint8_t>(callbacks.size());
  fields(count);
  if constexpr (!std::is_const_v<Callbacks>) callbacks.resize(count);
  for (auto& it : callbacks) fields(it.when, it.task, it.timeout_seconds);
}

template <class Fields, class Webhooks>
void list_webhooks(Fields& fields, Webhooks& webhooks) {
  auto count = static_cast<std::uint8_t>(webhooks.size());
  fields(count);
  if constexpr (!std::is_const_v<Webhooks>) webhooks.resize(count);
  for (auto& it : webhooks) fields(it.url, it.job_status, it.method, it.headers, it.timeout);
}

template <class Fields>
void list(Fields& fields, Is<Assignment> auto& frame) {
  fields(frame.job_id, frame.execution_id, frame.queue, frame.worker, frame.description, frame.data,
         frame.meta, frame.timeout_seconds, frame.results, frame.run, frame.last, frame.row,
         frame.place, frame.more, frame.callback, frame.callback_is_foreign, frame.ended_as,
         frame.told);
}
template <class Fields>
void list(Fields& /*fields*/, Is<UseSlate> auto& /*frame*/) {}
template <class Fields>
void list(Fields& fields, Is<Outcome> auto& frame) {
  fields(frame.kind, frame.return_value, frame.exc_info, frame.summary, frame.max_reruns,
         frame.waits, frame.at_front, frame.stop, frame.run);
  list_usage(fields, frame.usage);
}
template <class Fields>
void list(Fields& fields, Is<MetaSaved> auto& frame) {
  fields(frame.job_id, frame.meta, frame.run);
}
template <class Fields>
void list(Fields& fields, Is<EnqueueRequest> auto& frame) {
  // What protocol::new_job sets. The rest of a record belongs to jobs that have run.
  auto& job = frame.job;
  fields(frame.at_front, job.id, job.origin, job.status, job.description, job.data, job.meta,
         job.created_at, job.enqueued_at, job.timeout_seconds, job.result_ttl_seconds,
         job.failure_ttl_seconds, job.ttl_seconds, job.dependency_ids,
         job.allow_dependency_failures, job.allow_dependency_stops, job.enqueue_at_front,
         job.group_id, job.results, job.retries_left, job.retry_intervals, job.retry_at_front,
         job.repeats_left, job.repeat_intervals);
  list_callbacks(fields, job.callbacks);
  fields(job.rate_limit, job.limit_key, job.limit_jobs, job.webhooks, job.named, frame.run);
}
template <class Fields>
void list(Fields& fields, Is<ModuleLoaded> auto& frame) {
  fields(frame.module);
}
template <class Fields>
void list(Fields& fields, Is<Equip> auto& frame) {
  fields(frame.module_path, frame.preload, frame.limits.memory_bytes, frame.limits.cpu,
         frame.job_redis.url, frame.job_redis.withheld, frame.check_modules);
}
template <class Fields>
void list(Fields& fields, Is<ForkHorse> auto& frame) {
  fields(frame.horse, frame.lane);
}
template <class Fields>
void list(Fields& fields, Is<OpenLane> auto& frame) {
  fields(frame.lane, frame.stream);
}
template <class Fields>
void list(Fields& fields, Is<CloseLane> auto& frame) {
  fields(frame.lane);
}
template <class Fields>
void list(Fields& fields, Is<SignalHorse> auto& frame) {
  fields(frame.horse, frame.signal);
}
template <class Fields>
void list(Fields& fields, Is<Preload> auto& frame) {
  fields(frame.module);
}
template <class Fields>
void list(Fields& fields, Is<HorseBorn> auto& frame) {
  fields(frame.horse, frame.pid);
}
template <class Fields>
void list(Fields& fields, Is<HorseExited> auto& frame) {
  fields(frame.horse, frame.wait_status, frame.last_words);
  list_usage(fields, frame.usage);
}
template <class Fields>
void list(Fields& fields, Is<ForkFailed> auto& frame) {
  fields(frame.horse, frame.reason);
}

template <class Fields>
void list(Fields& fields, Is<ModuleRefused> auto& frame) {
  fields(frame.why);
}

template <class Fields>
void list(Fields& fields, Is<SendWebhooks> auto& frame) {
  fields(frame.number, frame.job_id, frame.status, frame.enqueued_at, frame.ended_at, frame.data,
         frame.exc_info);
  list_webhooks(fields, frame.webhooks);
}
template <class Fields>
void list(Fields& fields, Is<WebhooksSent> auto& frame) {
  fields(frame.number, frame.troubles);
}

// ---- what the fields may be

void check_text(std::string_view field, std::string_view text) {
  const std::size_t bad = base::find_invalid_utf8(text, base::Surrogates::refuse);
  if (bad != std::string_view::npos) {
    throw DecodeError(fmt::format("its {} is not UTF-8 at byte {}", field, bad));
  }
}

void check_module(std::string_view name) {
  if (!detail::is_dotted_name(name)) throw DecodeError("its module has no dotted name");
}

void check_usage(const Usage& usage) {
  const bool sound = usage.wall.count() >= 0 && usage.user_cpu.count() >= 0 &&
                     usage.system_cpu.count() >= 0 && usage.peak_memory_bytes >= 0;
  if (!sound) throw DecodeError("it cost less than nothing");
}

bool is_told(Status status) {
  return status == Status::finished || status == Status::failed || status == Status::stopped;
}

template <class Frame>
void check(const Frame&) {}

void check(const Assignment& frame) {
  if (!is_told(frame.ended_as)) throw DecodeError("its job has not ended");
}

/// What is added to a time must not leave its range.
constexpr std::int64_t kLongestWaitSeconds = 10'000'000'000;

/// What only those say who want to run again.
void check_wish(const Outcome& frame) {
  const bool asks = frame.kind == Outcome::Kind::run_again;
  const bool snoozes = frame.kind == Outcome::Kind::snooze;
  const bool sound_max = asks ? frame.max_reruns >= 1 : frame.max_reruns == 0;
  const bool sound_count = asks ? frame.waits.size() <= 1'000 : frame.waits.size() == snoozes;
  const bool sound_waits = std::all_of(frame.waits.begin(), frame.waits.end(), [](auto wait) {
    return wait >= 0 && wait <= kLongestWaitSeconds;
  });
  if (!sound_max || !sound_count || !sound_waits || (frame.at_front && !asks)) {
    throw DecodeError("what it says of another run makes no sense");
  }
}

void check(const Outcome& frame) {
  if (frame.kind > Outcome::Kind::foreign_module)
    throw DecodeError("its kind is none that there is");
  if (frame.stop > Outcome::Stop::unknown) throw DecodeError("it was stopped in no way there is");
  const bool is_value = frame.kind == Outcome::Kind::value;
  if (is_value && !(frame.exc_info.empty() && frame.summary.empty())) {
    throw DecodeError("it has both a value and an error");
  }
  if (!is_value && !frame.return_value.empty()) throw DecodeError("an error has no value");
  check_wish(frame);
  if (frame.exc_info.size() > kMaxErrorBytes || frame.summary.size() > kMaxErrorBytes) {
    throw DecodeError(fmt::format("its error has more than {} bytes", kMaxErrorBytes));
  }
  check_text("exc_info", frame.exc_info);
  check_text("summary", frame.summary);
  check_usage(frame.usage);
}

void check(const HorseExited& frame) {
  if (frame.last_words.size() > kMaxErrorBytes) {
    throw DecodeError(fmt::format("its last words have more than {} bytes", kMaxErrorBytes));
  }
  check_text("last_words", frame.last_words);
  check_usage(frame.usage);
}

void check(const EnqueueRequest& frame) {
  try {
    check_request(frame);
  } catch (const InvalidArgument& error) {
    throw DecodeError(error.what());
  }
}

void check(const Equip& frame) {
  for (const std::string& module : frame.preload) check_module(module);
  if (frame.limits.memory_bytes < 0 || frame.limits.cpu.count() < 0) {
    throw DecodeError("a limit of jobs is below 0");
  }
}

void check(const ModuleLoaded& frame) { check_module(frame.module); }
void check(const Preload& frame) { check_module(frame.module); }

void check(const SignalHorse& frame) {
  if (frame.signal < 1 || frame.signal >= NSIG) {
    throw DecodeError(fmt::format("there is no signal {}", frame.signal));
  }
}

void check(const ForkHorse& frame) {
  if (frame.lane < 0) throw DecodeError(fmt::format("there is no lane {}", frame.lane));
}

void check(const OpenLane& frame) {
  if (frame.lane < 1) throw DecodeError(fmt::format("there is no lane {}", frame.lane));
  if (frame.stream != 1 && frame.stream != 2) {
    throw DecodeError(fmt::format("a lane has no stream {}", frame.stream));
  }
}

void check(const SendWebhooks& frame) {
  for (const Webhook& it : frame.webhooks) {
    if (it.method > Webhook::Method::post) throw DecodeError("its method is none that there is");
  }
}

void check(const WebhooksSent& frame) {
  for (const std::string& trouble : frame.troubles) {
    if (trouble.size() > kMaxTroubleBytes) {
      throw DecodeError(fmt::format("a line of it has more than {} bytes", kMaxTroubleBytes));
    }
    check_text("trouble", trouble);
  }
}

void check(const HorseBorn& frame) {
  if (frame.pid <= 1) throw DecodeError(fmt::format("{} is no horse's process id", frame.pid));
}

// ---- types

template <class Frame>
struct Kind;
#define RQPP_FRAME(frame, number, words)          \
  template <>                                     \
  struct Kind<frame> {                            \
    static constexpr std::uint8_t kType = number; \
    static constexpr const char* kWords = words;  \
  };
RQPP_FRAME(Assignment, 1, "an assignment")
RQPP_FRAME(UseSlate, 2, "a slate")
RQPP_FRAME(Outcome, 16, "an outcome")
RQPP_FRAME(MetaSaved, 17, "saved meta")
RQPP_FRAME(EnqueueRequest, 18, "a request to enqueue")
RQPP_FRAME(ModuleLoaded, 19, "a loaded module")
RQPP_FRAME(ForkHorse, 32, "a request to fork")
RQPP_FRAME(SignalHorse, 33, "a request to signal")
RQPP_FRAME(Preload, 34, "a request to preload")
RQPP_FRAME(Equip, 37, "the equipment")
RQPP_FRAME(OpenLane, 35, "the end of a lane")
RQPP_FRAME(CloseLane, 36, "a lane to close")
RQPP_FRAME(HorseBorn, 48, "a birth")
RQPP_FRAME(HorseExited, 49, "an exit")
RQPP_FRAME(ForkFailed, 50, "a failed fork")
RQPP_FRAME(ModuleRefused, 51, "a refused module")
RQPP_FRAME(SendWebhooks, 64, "a request to send webhooks")
RQPP_FRAME(WebhooksSent, 80, "the end of webhooks")
#undef RQPP_FRAME

void put_header(std::string& frame, std::uint8_t type) {
  const std::size_t payload = frame.size() - kFrameHeaderBytes;
  if (payload > kMaxFrameBytes) {
    throw InvalidArgument(fmt::format("a frame of {} bytes does not fit: {} MiB is the most",
                                      payload, kMaxFrameBytes >> 20));
  }
  for (std::size_t i = 0; i < 4; ++i) frame[i] = static_cast<char>(payload >> (8 * i) & 0xff);
  frame[4] = static_cast<char>(type);
}

template <class Frame>
Frame decode_one(std::string_view payload) {
  Frame frame;
  try {
    FieldReader reader(payload);
    list(reader, frame);
    if (reader.left() != 0) {
      throw DecodeError(fmt::format("{} bytes are left behind it", reader.left()));
    }
    check(frame);
  } catch (const DecodeError& error) {
    throw DecodeError(fmt::format("{} came in damaged: {}", Kind<Frame>::kWords, error.what()));
  }
  return frame;
}

// Looks for the type among the alternatives from `I` on.
template <class Frames, std::size_t I = 0>
Frames decode_any(std::uint8_t type, std::string_view payload) {
  if constexpr (I < std::variant_size_v<Frames>) {
    using Frame = std::variant_alternative_t<I, Frames>;
    if (type == Kind<Frame>::kType) return decode_one<Frame>(payload);
    return decode_any<Frames, I + 1>(type, payload);
  } else {
    throw DecodeError(fmt::format("a frame of type {} does not belong here", type));
  }
}

}  // namespace

template <class Frame>
std::string encode(const Frame& frame) {
  std::string bytes(kFrameHeaderBytes, '\0');
  FieldWriter writer(bytes);
  list(writer, frame);
  put_header(bytes, Kind<Frame>::kType);
  return bytes;
}

FrameHeader read_header(std::string_view bytes, std::size_t most) {
  FrameHeader header;
  std::uint32_t length = 0;
  FieldReader reader(bytes.substr(0, kFrameHeaderBytes));
  reader(length, header.type);
  header.payload_bytes = length;
  if (header.payload_bytes > most) {
    throw DecodeError(fmt::format("a frame announces {} bytes: {} MiB is the most",
                                  header.payload_bytes, most >> 20));
  }
  return header;
}

void check_request(const EnqueueRequest& request) {
  const protocol::JobRecord& job = request.job;
  protocol::check_job_id(job.id);
  protocol::check_queue_name(job.origin);
  const auto refuse = [&job](std::string_view why) {
    throw InvalidArgument(fmt::format("the job '{}' cannot be enqueued: {}", job.id, why));
  };
  if (job.status != (job.dependency_ids.empty() ? Status::queued : Status::deferred)) {
    refuse("its status is not that of a new job");
  }
  (void)protocol::read_results_text(job.results);
  (void)protocol::read_rate_limit(job.rate_limit);
  (void)protocol::read_webhooks(job.webhooks);
  if (!job.group_id.empty()) protocol::check_group_name(job.group_id);
  for (const std::string& parent : job.dependency_ids) protocol::check_parent_id(parent);
  if (job.data.empty()) refuse("it has no data");
  if (!job.limit_key.empty()) {
    protocol::check_limit_key("its concurrency limit", job.limit_key);
    if (job.limit_jobs.value_or(0) < 1) refuse("it may never run: its limit is below 1 job");
  }
  if (!job.limit_key.empty() && !job.created_at) refuse("it does not say when it was made");
  for (const auto& time :
       {job.created_at, job.enqueued_at, job.started_at, job.ended_at, job.last_heartbeat}) {
    if (time) (void)codec::utc_parts(*time);
  }
  if (job.ttl_seconds.value_or(1) < 1) refuse("its ttl is below 1 s");
  try {
    for (const protocol::JobCallback& it : job.callbacks) {
      if (!is_told(it.when) || it.foreign) refuse("a callback of it is none of ours");
    }
    (void)protocol::read_callbacks(protocol::to_json(job.callbacks));
  } catch (const DecodeError& error) {
    refuse(error.what());
  }
  for (const std::string& text : {job.origin, job.description}) {
    if (base::find_invalid_utf8(text, base::Surrogates::refuse) != std::string_view::npos) {
      refuse("its queue or its description is not UTF-8, which Python cannot read");
    }
  }
}

template <class Frames>
Frames decode(std::uint8_t type, std::string_view payload) {
  return decode_any<Frames>(type, payload);
}

template std::string encode(const Assignment&);
template std::string encode(const UseSlate&);
template std::string encode(const Outcome&);
template std::string encode(const MetaSaved&);
template std::string encode(const EnqueueRequest&);
template std::string encode(const ModuleLoaded&);
template std::string encode(const Equip&);
template std::string encode(const ForkHorse&);
template std::string encode(const SignalHorse&);
template std::string encode(const Preload&);
template std::string encode(const OpenLane&);
template std::string encode(const CloseLane&);
template std::string encode(const HorseBorn&);
template std::string encode(const HorseExited&);
template std::string encode(const ForkFailed&);
template std::string encode(const ModuleRefused&);
template std::string encode(const SendWebhooks&);
template std::string encode(const WebhooksSent&);

template ToHorse decode(std::uint8_t, std::string_view);
template FromHorse decode(std::uint8_t, std::string_view);
template ToStable decode(std::uint8_t, std::string_view);
template FromStable decode(std::uint8_t, std::string_view);
template ToMessenger decode(std::uint8_t, std::string_view);
template FromMessenger decode(std::uint8_t, std::string_view);

}  // namespace rqpp::worker
