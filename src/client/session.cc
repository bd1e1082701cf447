#include "client/session.h"

namespace rqpp::client {
namespace {

constexpr std::chrono::minutes kAnnounceAgain{5};

}  // namespace

bool Session::should_announce(std::string_view queue, Clock::time_point now) const {
  const std::lock_guard lock(state_);
  const auto found = announced_.find(queue);
  return found == announced_.end() || now - found->second >= kAnnounceAgain;
}

void Session::announced(std::string_view queue, Clock::time_point now) {
  const std::lock_guard lock(state_);
  announced_.insert_or_assign(std::string(queue), now);
}

}  // namespace rqpp::client
