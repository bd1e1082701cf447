#include "worker/events.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string>

namespace rqpp::worker {
namespace {

struct Text {
  std::string operator()(const ForkHorse& it) const {
    return fmt::format("ForkHorse {}", it.horse);
  }
  std::string operator()(const RetireHorse& it) const {
    return fmt::format("RetireHorse {}", it.horse);
  }
  std::string operator()(const SignalHorse& it) const {
    return fmt::format("SignalHorse {} {}", it.horse, it.signal);
  }
  std::string operator()(const Assign& it) const {
    return fmt::format("Assign {} {}{}{}", it.horse, it.job.id, it.last ? " last" : "",
                       it.more ? " more" : "");
  }
  std::string operator()(const Recall& it) const { return fmt::format("Recall {}", it.horse); }
  std::string operator()(const AssignCallback& it) const {
    return fmt::format("AssignCallback {} {} {}", it.horse, it.job.id, it.callback.task);
  }
  std::string operator()(const Settle& it) const {
    return fmt::format("Settle {} {}", it.run.job_id, to_string(it.status));
  }
  std::string operator()(const Claim& it) const {
    return fmt::format("Claim {}{}{}{}{}", it.count,
                       it.ahead > 0 ? fmt::format(" ahead {}", it.ahead) : "",
                       it.begins > 0 ? " begins" : "", it.look_into_inbox ? " inbox" : "",
                       it.show ? "" : " unshown");
  }
  std::string operator()(const BeginAhead&) const { return "BeginAhead"; }
  std::string operator()(const Watch& it) const {
    return fmt::format("Watch {}{}", it.queue, it.claims ? " claims" : "");
  }
  std::string operator()(const Unwatch&) const { return "Unwatch"; }
  std::string operator()(const GiveBack& it) const {
    return fmt::format("GiveBack {} {}", it.queue, it.job_id);
  }
  std::string operator()(const PutBack& it) const {
    const char* place = it.how.position == protocol::Position::front ? "front" : "back";
    const std::string due =
        it.how.due
            ? fmt::format(
                  " due {}",
                  std::chrono::floor<std::chrono::seconds>(*it.how.due).time_since_epoch().count())
            : "";
    return fmt::format("PutBack {} {}{}", it.run.job_id, place, due);
  }
  std::string operator()(const RenewLease&) const { return "RenewLease"; }
  std::string operator()(const Inherit& it) const { return "Inherit " + it.lost_worker; }
  std::string operator()(const Maintain& it) const {
    constexpr std::array<const char*, 13> kParts{
        "lock",        "registries",  "deferred", "look_again", "abandoned", "workers", "unlock",
        "common_lock", "all_workers", "groups",   "members",    "limits",    "slots"};
    std::string text = fmt::format("Maintain {}", kParts.at(static_cast<std::size_t>(it.part)));
    for (const std::string& name : {it.queue, it.name}) {
      if (!name.empty()) text += " " + name;
    }
    for (const std::string& job : it.jobs) text += " " + job;
    if (it.cursor != "0") text += " from " + it.cursor;
    if (it.runs_left + it.ids_left > 0)
      text += fmt::format(" but {} {}", it.runs_left, it.ids_left);
    return text;
  }
  std::string operator()(const ReplaceStable&) const { return "ReplaceStable"; }
  std::string operator()(const Beat& it) const { return fmt::format("Beat {}", it.runs.size()); }
  std::string operator()(const Show& it) const { return fmt::format("Show {}", it.runs.size()); }
  std::string operator()(const NameJob& it) const { return "NameJob " + it.job_id; }
  std::string operator()(const Rest& it) const { return it.suspended ? "Rest suspended" : "Rest"; }
  std::string operator()(const AnnounceStop& it) const {
    switch (it.reason) {
      case StopReason::warm:
        return "AnnounceStop warm";
      case StopReason::cold:
        return "AnnounceStop cold";
      case StopReason::jobs_done:
        return "AnnounceStop jobs_done";
      case StopReason::idle:
        return "AnnounceStop idle";
    }
    return "AnnounceStop";
  }
  std::string operator()(const Warn& it) const { return "Warn " + it.text; }
  std::string operator()(const Finish&) const { return "Finish"; }
};

}  // namespace

std::string to_text(const Action& action) { return std::visit(Text{}, action); }

}  // namespace rqpp::worker
