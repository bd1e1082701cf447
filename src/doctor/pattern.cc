#include "doctor/pattern.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "doctor/facts.h"

namespace rqpp::doctor {
namespace {

constexpr std::string_view kSeparators = ":/|.#";
constexpr std::size_t kMostParts = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
}

/// An id, not a word: long, and digits among its letters; or an address of mail; or bytes.
bool is_id(std::string_view part) {
  constexpr std::size_t kShortestId = 8;
  const auto digits = std::count_if(part.begin(), part.end(), is_digit);
  const auto odd = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (part.find('@') != std::string_view::npos || std::any_of(part.begin(), part.end(), odd)) {
    return true;
  }
  if (part.size() < kShortestId || digits == 0) return false;
  if (std::all_of(part.begin(), part.end(), is_hex)) return true;
  int turns = 0;  // between letters and digits: words have few
  for (std::size_t i = 1; i < part.size(); ++i) {
    turns += is_digit(part[i]) != is_digit(part[i - 1]) ? 1 : 0;
  }
  return turns >= 4 || (part.size() >= 20 && digits >= 3);
}

void append_part(std::string& out, std::string_view part) {
  if (is_id(part)) {
    out += '*';
    return;
  }
  for (const char c : part) {
    if (!is_digit(c)) {
      out += c;
    } else if (!out.ends_with('*')) {
      out += '*';
    }
  }
}

/// Where the part at the start of a name ends; npos: with the name. An address of mail has dots.
std::size_t end_of_part(std::string_view name) {
  const std::size_t wide = name.find_first_of(":/|#");
  const bool mail = name.substr(0, wide).find('@') != std::string_view::npos;
  return mail ? wide : name.find_first_of(kSeparators);
}

std::string plain_pattern(std::string_view name) {
  std::string pattern;
  while (true) {
    const std::size_t end = end_of_part(name);
    append_part(pattern, name.substr(0, end));
    if (end == std::string_view::npos) return pattern;
    pattern += name[end];
    name.remove_prefix(end + 1);
  }
}

/// RQ lets people choose ids and the names of workers: what stands there is never a word.
std::string rq_pattern(std::string_view name) {
  constexpr std::array<std::string_view, 14> kWithIds{
      "rq:job::",    "rq:job:",       "rq:results:",        "rq:executions:", "rq:execution:",
      "rq:worker:",  "rq:scheduler:", "rq:cron_scheduler:", "rq:group:",      "rq:pubsub:",
      "rqpp:inbox:", "rqpp:runs:",    "rqpp:unique:",       "rqpp:feeder:"};
  constexpr std::array<std::string_view, 3> kEndings{":dependents", ":dependencies", ":executions"};
  for (const std::string_view prefix : kWithIds) {
    if (!name.starts_with(prefix)) continue;
    std::string pattern(prefix);
    pattern += '*';
    for (const std::string_view ending : kEndings) {
      if (name.ends_with(ending)) pattern += ending;
    }
    return pattern;
  }
  constexpr std::string_view kFirstSeen = ":first_seen:";
  const std::size_t seen = name.find(kFirstSeen);
  if (seen != std::string_view::npos) {
    return std::string(name.substr(0, seen + kFirstSeen.size())) + '*';
  }
  return std::string(name);  // with the name of a queue
}

std::vector<std::string> parts_of(std::string_view pattern) {
  std::vector<std::string> parts;
  while (parts.size() + 1 < kMostParts) {
    const std::size_t end = pattern.find(':');
    if (end == std::string_view::npos) break;
    parts.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end + 1);
  }
  parts.emplace_back(pattern);
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) text += ':' + parts[i];
  return text;
}

/// Merges what differs at one place only.
void merge_at(std::size_t place, std::size_t siblings, std::map<std::string, std::string>& merged) {
  std::map<std::string, std::set<std::string>> kinds;
  const auto without = [place](const std::string& pattern) {
    std::vector<std::string> parts = parts_of(pattern);
    if (place >= parts.size()) return std::string();
    parts[place] = '*';
    return joined(parts);
  };
  for (const auto& [name, pattern] : merged) kinds[without(pattern)].insert(pattern);
  for (auto& [name, pattern] : merged) {
    std::string wider = without(pattern);
    if (!wider.empty() && kinds[wider].size() > siblings) pattern = std::move(wider);
  }
}

}  // namespace

std::string pattern_of(std::string_view name) {
  name = name.substr(0, kMostNameBytes);
  const bool of_rq = name.starts_with("rq:") || name.starts_with("rqpp:");
  return of_rq ? rq_pattern(name) : plain_pattern(name);
}

std::map<std::string, std::string> merge_patterns(const std::set<std::string>& patterns,
                                                  std::size_t siblings) {
  std::map<std::string, std::string> merged;
  for (const std::string& pattern : patterns) merged.emplace(pattern, pattern);
  for (std::size_t place = kMostParts; place > 0; --place) merge_at(place - 1, siblings, merged);
  return merged;
}

std::string script_name(std::string_view sha) {
  constexpr std::size_t kShownDigits = 8;
  return "script " + std::string(sha.substr(0, kShownDigits));
}

}  // namespace rqpp::doctor
