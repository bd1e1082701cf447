#include "doctor/timeline.h"

#include <utility>

#include "doctor/load.h"
#include "doctor/take_sample.h"

namespace rqpp::doctor {

void Timeline::add(Moment moment) {
  if (moments_ == 0) {
    first_ = moment;
  } else {
    auto reading = reading_between(last_, moment);
    if (!reading) return;
    readings_.push_back(std::move(*reading));
    if (readings_.size() >= kMostReadings) join_older_half();
  }
  last_ = std::move(moment);
  ++moments_;
}

void Timeline::join_older_half() {
  const std::size_t half = readings_.size() / 2;
  std::vector<Reading> fewer;
  for (std::size_t i = 0; i + 1 < half; i += 2) {
    fewer.push_back(joined(readings_[i], readings_[i + 1]));
  }
  const auto rest = readings_.begin() + static_cast<std::ptrdiff_t>(half - half % 2);
  fewer.insert(fewer.end(), std::make_move_iterator(rest),
               std::make_move_iterator(readings_.end()));
  readings_ = std::move(fewer);
}

Facts facts_of_watch(const Server& server, const Timeline& timeline) {
  const Moment& first = timeline.first();
  const Moment& last = timeline.last();
  Facts facts{.server = server,
              .before = first.sample,
              .after = last.sample,
              .own_calls = calls_between(first.spent, last.spent)};
  const char* why = "a watch asks for INFO only; `rqpp doctor` looks at it";
  for (const char* what : {"keys", "the clients", "the slow log", "queues and jobs"}) {
    facts.unseen.push_back({what, why});
  }
  for (const auto& [command, calls] : last.spent.calls) facts.cost.commands += growth(0, calls);
  facts.cost.usec = own_usec(first.sample, last.sample, facts.own_calls);
  facts.cost.bytes_out = last.spent.bytes_out;
  facts.cost.bytes_in = last.spent.bytes_in;
  facts.cost.seconds = last.sample.at_seconds - first.sample.at_seconds;
  return facts;
}

}  // namespace rqpp::doctor
