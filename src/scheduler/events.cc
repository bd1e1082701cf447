#include "scheduler/events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rqpp::scheduler {
namespace {

struct AsText {
  std::string operator()(const Hold& it) const { return of("Hold", it.queues); }
  std::string operator()(const Move& it) const {
    return fmt::format("{} {}", of("Move", it.queues), it.most);
  }
  std::string operator()(const Look& it) const { return of("Look", it.queues); }
  std::string operator()(const Release& it) const { return of("Release", it.queues); }
  std::string operator()(const Finish&) const { return "Finish"; }

  static std::string of(const char* verb, const std::vector<std::string>& queues) {
    return fmt::format("{} {}", verb, fmt::join(queues, ","));
  }
};

}  // namespace

std::string to_text(const Action& action) { return std::visit(AsText{}, action); }

}  // namespace rqpp::scheduler
