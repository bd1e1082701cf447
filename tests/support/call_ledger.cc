#include "support/call_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "protocol/scripts.h"
#include "support/call_rules.h"

namespace rqpp::test {
namespace {

using std::chrono::microseconds;

microseconds middle(std::vector<microseconds> durations) {
  const auto half = durations.begin() + static_cast<std::ptrdiff_t>(durations.size() / 2);
  std::nth_element(durations.begin(), half, durations.end());
  return *half;
}

constexpr std::string_view kScript = "script ";

/// As class_of, with the names of our scripts.
std::string named_class_of(const ExecutedCall& call) {
  const std::string name = class_of(call);
  if (!name.starts_with("EVAL")) return name;
  // Of a text that is sent only its beginning is known.
  const std::string_view given = call.words.at(1);
  const std::string_view begin = given.substr(0, given.find("... ("));
  for (const redis::Script* script : protocol::scripts::kAll) {
    if (script->sha() == given || std::string_view(script->text()).starts_with(begin)) {
      return std::string(kScript) + script->name();
    }
  }
  return std::string(kScript) + std::string(begin.substr(0, 40));
}

bool is_script(const std::string& name) { return name.starts_with(kScript); }

// What tests ask.
bool is_ours(const std::string& name) {
  return name == "SLOWLOG" || name == "CONFIG" || name == "INFO";
}

bool is_search(const ExecutedCall& call) { return class_of(call) == "LREM rq:queue"; }

std::string shown(const ExecutedCall& call, std::string_view feature) {
  constexpr std::size_t kMost = 160;
  std::string text = fmt::format("{}", fmt::join(call.words, " "));
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return fmt::format("{} ({})", text, feature);
}

}  // namespace

void CallLedger::enter(const std::vector<ExecutedCall>& calls, std::string_view feature,
                       bool may_search) {
  for (const ExecutedCall& call : calls) {
    const std::string name = named_class_of(call);
    if (is_ours(name)) continue;
    if (may_search && (is_search(call) || is_script(name))) continue;
    Class& all = classes_[name];
    all.durations.push_back(call.duration);
    if (call.duration > all.longest_duration) {
      all.longest_duration = call.duration;
      all.longest = shown(call, feature);
    }
    const std::string why = broken_rule(call);
    if (!why.empty()) broken_.emplace(name, fmt::format("{} ({})", why, feature));
  }
}

std::vector<std::string> CallLedger::broken_rules() const {
  std::vector<std::string> sentences;
  for (const auto& [name, sentence] : broken_) sentences.push_back(sentence);
  return sentences;
}

std::size_t CallLedger::Class::slower_than(microseconds limit) const {
  return static_cast<std::size_t>(
      std::count_if(durations.begin(), durations.end(),
                    [limit](microseconds duration) { return duration >= limit; }));
}

std::set<std::string> CallLedger::long_scripts(microseconds limit) const {
  std::set<std::string> found;
  for (const auto& [name, all] : classes_) {
    if (is_script(name) && middle(all.durations) >= limit) found.insert(name);
  }
  return found;
}

std::set<std::string> CallLedger::slow_classes(microseconds limit) const {
  constexpr std::size_t kOften = 20;
  std::set<std::string> slow;
  for (const auto& [name, all] : classes_) {
    if (all.slower_than(limit) > all.durations.size() / kOften) slow.insert(name);
  }
  return slow;
}

std::string CallLedger::slow_calls(microseconds limit) const {
  std::string text;
  for (const auto& [name, all] : classes_) {
    const std::size_t slow = all.slower_than(limit);
    if (slow == 0) continue;
    text += fmt::format("  {}: {} of {}, up to {} us: {}\n", name, slow, all.durations.size(),
                        all.longest_duration.count(), all.longest);
  }
  return text;
}

std::size_t CallLedger::calls() const {
  std::size_t sum = 0;
  for (const auto& [name, all] : classes_) sum += all.durations.size();
  return sum;
}

std::string CallLedger::to_text(std::size_t at_most) const {
  std::vector<std::pair<microseconds, std::string>> lines;
  for (const auto& [name, all] : classes_) {
    const auto sum = std::accumulate(all.durations.begin(), all.durations.end(), microseconds{});
    lines.emplace_back(sum,
                       fmt::format("{:>8} calls {:>9} us {:>6} us median {:>7} us most  {}: {}",
                                   all.durations.size(), sum.count(), middle(all.durations).count(),
                                   all.longest_duration.count(), name, all.longest));
  }
  std::sort(lines.rbegin(), lines.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min(at_most, lines.size()); ++i) text += lines[i].second + "\n";
  return text;
}

}  // namespace rqpp::test
