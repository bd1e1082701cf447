#include "worker/events.h"

#include <fmt/format.h>

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
    return fmt::format("Assign {} {}{}", it.horse, it.job.id, it.last ? " last" : "");
  }
  std::string operator()(const Settle& it) const {
    const bool good = it.outcome.kind == Outcome::Kind::value;
    return fmt::format("Settle {} {}", it.run.job_id, good ? "finished" : "failed");
  }
  std::string operator()(const Claim& it) const {
    return fmt::format("Claim {}{}", it.count, it.look_into_inbox ? " inbox" : "");
  }
  std::string operator()(const Watch& it) const { return fmt::format("Watch {}", it.queue); }
  std::string operator()(const Unwatch&) const { return "Unwatch"; }
  std::string operator()(const GiveBack& it) const {
    return fmt::format("GiveBack {} {}", it.queue, it.job_id);
  }
  std::string operator()(const HandBack& it) const {
    return fmt::format("HandBack {}", it.run.job_id);
  }
  std::string operator()(const Beat& it) const { return fmt::format("Beat {}", it.runs.size()); }
  std::string operator()(const BecomeIdle&) const { return "BecomeIdle"; }
  std::string operator()(const AnnounceStop& it) const {
    return it.cold ? "AnnounceStop cold" : "AnnounceStop warm";
  }
  std::string operator()(const Finish&) const { return "Finish"; }
};

}  // namespace

std::string to_text(const Action& action) { return std::visit(Text{}, action); }

}  // namespace rqpp::worker
