#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/job_record.h"
#include "sandbox/job_redis.h"
#include "worker/job_limits.h"

#include <rqpp/status.h>
#include <rqpp/time.h>
#include <rqpp/usage.h>
#include <rqpp/webhook.h>

// All that crosses the fork boundary. On a socket a frame is
//
//     u32 length of the payload | u8 type | payload
//
// with little-endian numbers; a text is its length as u32 and its bytes. A horse runs user code, so
// what comes from it is checked as if it came from an enemy.
namespace rqpp::worker {

/// The most that the payload of a frame may have.
inline constexpr std::size_t kMaxFrameBytes = std::size_t{512} << 20;
/// The most that a horse may hand over at once: a result, the meta of its job, a call to enqueue.
inline constexpr std::size_t kMaxHandedOverBytes = std::size_t{64} << 20;
inline constexpr std::size_t kFrameHeaderBytes = 5;
/// The most that the text of an error may have; longer ones are cut in the middle.
inline constexpr std::size_t kMaxErrorBytes = std::size_t{64} << 10;
/// The most that the messenger says about one webhook.
inline constexpr std::size_t kMaxTroubleBytes = 2'000;

// ---- parent to horse

/// Run this job, or a callback that is told how it ended.
struct Assignment {
  std::string job_id{};
  std::string execution_id{};
  std::string queue{};  ///< The job's origin.
  std::string worker{};
  std::string description{};
  std::string data{};  ///< The call as it is in Redis: zlib or raw.
  std::string meta{};  ///< Serialized dict, or empty.
  std::optional<std::int64_t> timeout_seconds{};
  /// Arguments that are results of other jobs: the place of each, see Call::results, and its bytes
  /// in the serializer of the job that returned it; none for None.
  std::vector<std::pair<std::string, std::string>> results{};
  std::uint32_t run = 0;               ///< Which run of its horse it is; what the horse says of it
                                       ///< has the same number.
  bool last = false;                   ///< The horse ends after it.
  std::uint32_t row = 0;               ///< Of several jobs at once, see Slate; 0: by itself.
  int place = 0;                       ///< In the row, from 0.
  bool more = false;                   ///< Another job of the row follows.
  std::string callback{};              ///< The task to tell; empty: run the job.
  bool callback_is_foreign = false;    ///< See protocol::JobCallback.
  Status ended_as = Status::finished;  ///< Or failed, or stopped.
  std::string told{};                  ///< The serialized result; or the error's text.

  bool operator==(const Assignment&) const = default;
};

/// The memory of the Slate for rows of jobs travels with this frame.
struct UseSlate {
  bool operator==(const UseSlate&) const = default;
};

// ---- horse to parent

/// How the job, or the callback, ended.
struct Outcome {
  enum class Kind : std::uint8_t {
    value,
    error,
    final_error,     ///< No retry would help.
    run_again,       ///< The task asks for a rerun, which is counted (rqpp::RetryLater).
    snooze,          ///< The task asks for a rerun as if this run had not been.
    absent,          ///< No task has the name that a foreign callback has; `summary` says why.
    foreign_module,  ///< The job's module does not fit this worker (tasks::ForeignModule);
                     ///< `summary` says why.
  };
  /// Whether the task was asked to stop before it came to its end.
  enum class Stop : std::uint8_t {
    none,
    requested,  ///< It did not look.
    seen,       ///< It did: it may have ended early.
    unknown,    ///< It took the signal itself.
  };

  Kind kind = Kind::value;
  std::string return_value{};   ///< In the job's own serializer; empty for None.
  std::string exc_info{};       ///< The whole text of an error; at most 64 KiB, valid UTF-8.
  std::string summary{};        ///< The error, or why to run again, in one line: `type: text`.
  std::int64_t max_reruns = 0;  ///< Of run_again: how often a job may ask; 1 or more.
  std::vector<std::int64_t> waits{};  ///< Seconds. Of run_again a list, of snooze one.
  bool at_front = false;              ///< Of run_again: to the front of the queue.
  Usage usage{};                      ///< The wall time is not known in the horse.
  Stop stop = Stop::none;
  std::uint32_t run = 0;  ///< See Assignment::run.

  bool is_error() const { return kind == Kind::error || kind == Kind::final_error; }

  bool operator==(const Outcome&) const = default;
};

/// The task wants its meta to be seen while it runs.
struct MetaSaved {
  std::string job_id{};   ///< Whoever receives this compares it with the job that runs there.
  std::string meta{};     ///< Serialized dict.
  std::uint32_t run = 0;  ///< See Assignment::run.

  bool operator==(const MetaSaved&) const = default;
};

/// The task enqueues another job, made by `protocol::new_job`. Id and queue name are checked.
struct EnqueueRequest {
  bool at_front = false;
  protocol::JobRecord job{};
  std::uint32_t run = 0;  ///< Whose wish it is, see Assignment::run.

  bool operator==(const EnqueueRequest&) const = default;
};

/// The horse had to load this module, and the stable may load it too, so that later horses start
/// faster.
struct ModuleLoaded {
  std::string module{};

  bool operator==(const ModuleLoaded&) const = default;
};

// ---- parent to stable

/// What the stable works with. Its first frame.
struct Equip {
  std::vector<std::string> module_path{};  ///< Absolute folders where modules are looked up.
  std::vector<std::string> preload{};      ///< Names of modules to load at once.
  JobLimits limits{};                      ///< Of each job.
  sandbox::JobRedis job_redis{};
  bool check_modules = false;  ///< Try to load what is on the path, see ModuleCheck.

  bool operator==(const Equip&) const = default;
};

/// Horses are known by a number that the parent picks and never uses twice.
struct ForkHorse {
  int horse = 0;
  int lane = 0;  ///< Where its output goes; 0: to the worker's own.

  bool operator==(const ForkHorse&) const = default;
};

/// Send a signal to the horse's whole process group.
struct SignalHorse {
  int horse = 0;
  int signal = 0;

  bool operator==(const SignalHorse&) const = default;
};

/// One end of a lane: what a horse on that lane writes to `stream`, 1 or 2, goes into the
/// descriptor that travels with this frame.
struct OpenLane {
  int lane = 0;  ///< 1 or more.
  int stream = 0;

  bool operator==(const OpenLane&) const = default;
};

/// No horse will be on the lane any more.
struct CloseLane {
  int lane = 0;  ///< 1 or more.

  bool operator==(const CloseLane&) const = default;
};

/// Load a module, so that horses have it from birth.
struct Preload {
  std::string module{};

  bool operator==(const Preload&) const = default;
};

// ---- stable to parent

/// The parent's end of the horse's socket travels with this frame.
struct HorseBorn {
  int horse = 0;
  pid_t pid = 0;

  bool operator==(const HorseBorn&) const = default;
};

/// A horse has ended, and everything in its process group with it.
struct HorseExited {
  int horse = 0;
  int wait_status = 0;  ///< As waitpid gives it.
  Usage usage{};        ///< Of its whole life; the wall time is not known here.
  /// What it left behind about its end: a backtrace, a reason. At most 64 KiB, valid UTF-8.
  std::string last_words{};

  bool operator==(const HorseExited&) const = default;
};

/// There is no horse of this number; it has no HorseExited either.
struct ForkFailed {
  int horse = 0;
  std::string reason{};

  bool operator==(const ForkFailed&) const = default;
};

/// A module on the path cannot be loaded.
struct ModuleRefused {
  std::string why{};  ///< Names the file.

  bool operator==(const ModuleRefused&) const = default;
};

// ---- parent to messenger

/// Send these webhooks of a job that has ended.
struct SendWebhooks {
  std::uint64_t number = 0;  ///< Comes back with the answer.
  std::vector<Webhook> webhooks{};
  std::string job_id{};
  Status status = Status::finished;  ///< Or failed.
  std::optional<Time> enqueued_at{};
  std::optional<Time> ended_at{};
  std::string data{};      ///< The call as it is in Redis; empty if no webhook has a body.
  std::string exc_info{};  ///< Of a failed job.

  bool operator==(const SendWebhooks&) const = default;
};

// ---- messenger to parent; it talks with servers of all kinds, so it is not trusted either

/// They are sent, or given up.
struct WebhooksSent {
  std::uint64_t number = 0;
  std::vector<std::string>
      troubles{};  ///< What went wrong, a line for each that could not be sent.

  bool operator==(const WebhooksSent&) const = default;
};

// What may come in on each kind of channel. Another frame there is an error.
using ToHorse = std::variant<Assignment, UseSlate>;
using FromHorse = std::variant<Outcome, MetaSaved, EnqueueRequest, ModuleLoaded>;
using ToStable = std::variant<Equip, ForkHorse, SignalHorse, OpenLane, CloseLane, Preload>;
using FromStable = std::variant<HorseBorn, HorseExited, ForkFailed, ModuleRefused>;
using ToMessenger = std::variant<SendWebhooks>;
using FromMessenger = std::variant<WebhooksSent>;

/// The most that the payload of one of these frames may have: what is not trusted has less.
template <class Frames>
inline constexpr std::size_t kMaxPayloadBytes = kMaxFrameBytes;
template <>
inline constexpr std::size_t kMaxPayloadBytes<FromHorse> = kMaxHandedOverBytes +
                                                           (std::size_t{1} << 20);
template <>
inline constexpr std::size_t kMaxPayloadBytes<FromStable> = std::size_t{1} << 20;
template <>
inline constexpr std::size_t kMaxPayloadBytes<FromMessenger> = std::size_t{1} << 20;

// ---- wire form

/// The frame with its header. Throws InvalidArgument if it has more than kMaxFrameBytes.
template <class Frame>
std::string encode(const Frame& frame);

/// The header of a frame: the first kFrameHeaderBytes of `bytes`.
struct FrameHeader {
  std::size_t payload_bytes = 0;
  std::uint8_t type = 0;
};
/// Throws DecodeError if the length is above `most`.
FrameHeader read_header(std::string_view bytes, std::size_t most = kMaxFrameBytes);

/// What `decode` demands of a request. Throws InvalidArgument.
void check_request(const EnqueueRequest& request);

/// Throws DecodeError if the type does not belong to `Frames` or the payload is malformed.
template <class Frames>
Frames decode(std::uint8_t type, std::string_view payload);

}  // namespace rqpp::worker
