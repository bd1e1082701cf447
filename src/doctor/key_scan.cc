#include "doctor/key_scan.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "doctor/pattern.h"

namespace rqpp::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPage = 100;
constexpr std::size_t kBiggest = 10;
constexpr std::size_t kMostGroups = 200;

struct LengthOf {
  std::string_view type{};
  const char* command = "";
};
constexpr std::array<LengthOf, 6> kLengths{{{"string", "STRLEN"},
                                            {"list", "LLEN"},
                                            {"set", "SCARD"},
                                            {"zset", "ZCARD"},
                                            {"hash", "HLEN"},
                                            {"stream", "XLEN"}}};

const char* length_command(std::string_view type) {
  for (const LengthOf& each : kLengths) {
    if (each.type == type) return each.command;
  }
  return nullptr;  // of a module
}

/// Type and expiry of a page of names.
std::vector<ScannedKey> look_at_types(Probe& probe, const std::vector<std::string>& names) {
  redis::Batch batch;
  for (const std::string& name : names) {
    batch.add("TYPE", name);
    batch.add("PTTL", name);
  }
  const auto replies = probe.ask("the types of keys", batch);
  std::vector<ScannedKey> keys;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const redis::Reply& type = replies.at(2 * i);
    const redis::Reply& expiry = replies.at(2 * i + 1);
    if (!type.is_text() || type.text == "none") continue;
    keys.push_back(
        {.name = names[i],
         .type = type.text.substr(0, kMostNameBytes),
         .expires = !(expiry.type == redis::Reply::Type::integer && expiry.number == -1)});
  }
  return keys;
}

void look_at_lengths(Probe& probe, std::vector<ScannedKey>& keys) {
  redis::Batch batch;
  std::vector<ScannedKey*> asked;
  for (ScannedKey& key : keys) {
    const char* command = length_command(key.type);
    if (command == nullptr) continue;
    batch.add(command, key.name);
    asked.push_back(&key);
  }
  const auto replies = probe.ask("the lengths of keys", batch);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    asked[i]->length = std::max<std::int64_t>(replies.at(i).number, 0);
  }
}

std::vector<std::string> take_names(const redis::Reply& page) {
  std::vector<std::string> names;
  for (const redis::Reply& name : page.elements) {
    if (name.text.size() <= kLongestKey) names.push_back(name.text);
  }
  return names;
}

/// The longest, with room for all types: elements do not compare with bytes.
void keep_biggest(std::vector<BigKey>& keys) {
  std::stable_sort(keys.begin(), keys.end(),
                   [](const BigKey& a, const BigKey& b) { return a.length > b.length; });
  std::size_t strings = 0;
  std::size_t others = 0;
  keys.erase(std::remove_if(keys.begin(), keys.end(),
                            [&](const BigKey& key) {
                              return key.type == "string" ? ++strings > kBiggest / 2
                                                          : ++others > kBiggest;
                            }),
             keys.end());
}

}  // namespace

std::vector<ScannedKey> look_at_keys(Probe& probe, const std::vector<std::string>& names) {
  std::vector<ScannedKey> keys = look_at_types(probe, names);
  look_at_lengths(probe, keys);
  return keys;
}

ScannedKeys scan_keys(Probe& probe, std::int64_t most, std::chrono::milliseconds budget) {
  ScannedKeys scanned;
  std::string cursor = "0";
  const auto end = Clock::now() + budget;
  while (static_cast<std::int64_t>(scanned.keys.size()) < most && Clock::now() < end) {
    const auto began = Clock::now();
    const auto replies = probe.ask("keys", redis::Batch().add("SCAN", cursor, "COUNT", kPage));
    if (replies.at(0).elements.size() != 2) return scanned;  // refused, or no Redis
    auto keys = look_at_keys(probe, take_names(replies[0].elements[1]));
    std::move(keys.begin(), keys.end(), std::back_inserter(scanned.keys));
    cursor = replies[0].elements[0].text;
    if (cursor == "0" || cursor.empty()) {
      scanned.complete = true;
      return scanned;
    }
    std::this_thread::sleep_for(Clock::now() - began);
  }
  return scanned;
}

KeySample sum_up(const ScannedKeys& scanned, std::int64_t in_database) {
  std::set<std::string> patterns;
  for (const ScannedKey& key : scanned.keys) patterns.insert(pattern_of(key.name));
  const auto merged = merge_patterns(patterns);
  std::map<std::pair<std::string, std::string>, KeyGroup> groups;
  for (const ScannedKey& key : scanned.keys) {
    const std::string& pattern = merged.at(pattern_of(key.name));
    KeyGroup& group = groups[{pattern, key.type}];
    group.pattern = pattern;
    group.type = key.type;
    ++group.keys;
    group.without_expiry += key.expires ? 0 : 1;
    group.length += key.length;
    group.longest = std::max(group.longest, key.length);
  }
  KeySample sample{.looked_at = static_cast<std::int64_t>(scanned.keys.size()),
                   .in_database = in_database,
                   .complete = scanned.complete};
  add_biggest(scanned.keys, sample);
  for (auto& [key, group] : groups) sample.groups.push_back(std::move(group));
  std::stable_sort(sample.groups.begin(), sample.groups.end(),
                   [](const KeyGroup& a, const KeyGroup& b) { return a.keys > b.keys; });
  if (sample.groups.size() > kMostGroups) sample.groups.resize(kMostGroups);
  return sample;
}

void add_biggest(const std::vector<ScannedKey>& keys, KeySample& sample) {
  for (const ScannedKey& key : keys) {
    const bool known = std::any_of(sample.biggest.begin(), sample.biggest.end(),
                                   [&key](const BigKey& each) { return each.name == key.name; });
    if (known) continue;
    sample.biggest.push_back(
        {.name = key.name, .type = key.type, .length = key.length, .expires = key.expires});
    if (sample.biggest.size() > 4 * kBiggest) keep_biggest(sample.biggest);
  }
  keep_biggest(sample.biggest);
}

void measure_growth(Probe& probe, KeySample& sample) {
  redis::Batch batch;
  std::vector<BigKey*> asked;
  for (BigKey& key : sample.biggest) {
    if (key.type != "list" && key.type != "stream") continue;
    batch.add(length_command(key.type), key.name);
    asked.push_back(&key);
  }
  const auto replies = probe.ask("the lengths of keys", batch);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const redis::Reply& length = replies.at(i);
    if (length.type != redis::Reply::Type::integer) continue;
    const std::int64_t now = std::max<std::int64_t>(length.number, 0);
    asked[i]->growth = now - asked[i]->length;
    asked[i]->length = now;
  }
}

void weigh_biggest(Probe& probe, KeySample& sample) {
  redis::Batch batch;
  for (const BigKey& key : sample.biggest) batch.add("MEMORY", "USAGE", key.name, "SAMPLES", 5);
  const auto replies = probe.ask("the memory of keys", batch);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].type == redis::Reply::Type::integer) sample.biggest[i].bytes = replies[i].number;
  }
}

}  // namespace rqpp::doctor
