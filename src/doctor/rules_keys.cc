#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doctor/info_text.h"
#include "doctor/quantities.h"
#include "doctor/rules.h"
#include "doctor/thresholds.h"

namespace rqpp::doctor {
namespace {

/// Their sizes are told by the rules about jobs.
bool is_of_rq(const std::string& name) {
  return name.starts_with("rq:") || name.starts_with("rqpp:");
}

bool is_sequence(const std::string& type) { return type == "list" || type == "stream"; }

bool is_big(const BigKey& key) {
  if (key.bytes && *key.bytes >= kBigBytes && !is_sequence(key.type)) return true;
  if (key.type == "string") return key.length >= kBigBytes;
  return key.length >= (is_sequence(key.type) ? kBigSequence : kBigCollection);
}

std::string size_of(const BigKey& key) {
  const std::string bytes =
      key.bytes ? bytes_text(static_cast<double>(*key.bytes)) + " of memory" : std::string();
  if (key.type == "string") {
    return bytes.empty() ? bytes_text(static_cast<double>(key.length)) : bytes;
  }
  const std::string elements = fmt::format("{} elements", count_text(key.length));
  return bytes.empty() ? elements : fmt::format("{}, {}", elements, bytes);
}

void find_big_keys(const KeySample& keys, Findings& findings) {
  for (const BigKey& key : keys.biggest) {
    if (!is_big(key) || is_of_rq(key.name)) continue;
    findings.push_back(
        {.id = "big-key",
         .severity = Severity::warning,
         .subject = key.name,
         .title = fmt::format("The {} {} is big: {}", key.type, key.name, size_of(key)),
         .offenders = {key.name},
         .why = "Whatever reads, copies, deletes or expires it as a whole blocks everybody, and a "
                "cluster cannot spread it.",
         .cure = key.type == "string"
                     ? "Keep it outside Redis, or in parts; delete it with UNLINK."
                     : "Split it by a hash of the member (`key:{0..63}`), trim what is old (LTRIM, "
                       "ZREMRANGEBYRANK in slices, XTRIM), read it by pages (SSCAN, HSCAN, ZSCAN), "
                       "delete it with UNLINK."});
  }
}

void find_growing_lists(const KeySample& keys, const Load& load, Findings& findings) {
  for (const BigKey& key : keys.biggest) {
    if (!(load.seconds > 0) || is_of_rq(key.name) || key.length < kShortList) continue;
    const double per_second = static_cast<double>(key.growth) / load.seconds;
    if (per_second < kGrowthRate) continue;
    findings.push_back(
        {.id = "list-grows",
         .severity = key.length >= kLongQueue ? Severity::warning : Severity::note,
         .subject = key.name,
         .title = fmt::format("The {} {} grows by {} elements per second, to {} now", key.type,
                              key.name, rate_text(per_second), count_text(key.length)),
         .per_second = per_second,
         .offenders = {key.name},
         .why = "If it is a queue, less is taken than comes; if it is a log, nobody trims it. It "
                "grows until the memory is full.",
         .cure = key.type == "stream"
                     ? "Trim it when adding: `XADD key MAXLEN ~ 10000 * …`; for a queue more "
                       "consumers, or producers that wait while XLEN is too long."
                     : "For a log `LTRIM key 0 9999` behind each push, in the same pipeline; for a "
                       "queue more consumers, or producers that wait while LLEN is too long."});
  }
}

/// How many such keys the whole database has, by what the sample says.
double projected(const KeySample& keys, std::int64_t count) {
  if (keys.looked_at <= 0) return 0;
  return static_cast<double>(count) *
         static_cast<double>(std::max(keys.in_database, keys.looked_at)) /
         static_cast<double>(keys.looked_at);
}

/// What such names stand for is of use for a while.
bool sounds_transient(const std::string& pattern) {
  constexpr std::array<std::string_view, 12> kWords{"cache", "session",  "sess:", "tmp",
                                                    "temp:", "token",    "lock",  "otp",
                                                    "rate",  "throttle", "nonce", "captcha"};
  std::string lower = pattern;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
  });
  return std::any_of(kWords.begin(), kWords.end(), [&lower](std::string_view word) {
    return lower.find(word) != std::string::npos;
  });
}

/// Why these keys should expire; empty if they need not.
std::string reason_to_expire(const KeyGroup& group) {
  const double kept = static_cast<double>(group.without_expiry) / static_cast<double>(group.keys);
  if (kept >= kMixedExpiry && kept <= 1 - kMixedExpiry) {
    return fmt::format("Others of the same name do: {} of {} that were looked at.",
                       count_text(growth(group.without_expiry, group.keys)),
                       count_text(group.keys));
  }
  if (kept > 1 - kMixedExpiry && sounds_transient(group.pattern)) {
    return "By their name they are of use for a while only.";
  }
  return {};
}

void find_missing_expiry(const KeySample& keys, Findings& findings) {
  for (const KeyGroup& group : keys.groups) {
    const double many = projected(keys, group.without_expiry);
    if (is_of_rq(group.pattern) || many < kLeastKeysOfGroup) continue;
    const std::string reason = reason_to_expire(group);
    if (reason.empty()) continue;
    findings.push_back(
        {.id = "no-expiry",
         .severity = Severity::warning,
         .subject = group.pattern,
         .title = fmt::format("About {} keys {} never expire", rate_text(many), group.pattern),
         .offenders = {fmt::format("{} ({})", group.pattern, group.type)},
         .why = reason + " What never expires fills the memory until Redis refuses or evicts.",
         .cure =
             fmt::format("Write it with a time to live: `SET key value EX 3600`, or EXPIRE in "
                         "the same pipeline. Plain SET removes a time to live: say KEEPTTL. For "
                         "those that are there: `SCAN 0 MATCH {} COUNT 100`, then EXPIRE each.",
                         group.pattern)});
  }
}

void find_stream_nodes(const Facts& facts, Findings& findings) {
  double streams = 0;
  for (const KeyGroup& group : facts.keys->groups) {
    if (group.type == "stream" && group.pattern.starts_with("rq:results:")) {
      streams += projected(*facts.keys, group.keys);
    }
  }
  const auto setting = facts.server.config.find("stream-node-max-bytes");
  if (streams < kManyResults || setting == facts.server.config.end()) return;
  constexpr std::int64_t kPreallocated = 4'096;  // Redis allocates no more for a new node
  const auto node = parse_whole(setting->second);
  if (!node || (*node > 0 && *node < kPreallocated)) return;
  findings.push_back(
      {.id = "stream-nodes",
       .severity = Severity::note,
       .subject = "stream-node-max-bytes",
       .title = fmt::format("About {} streams of results take 4 kB each, however short they are",
                            rate_text(streams)),
       .why = "A stream begins with a node of stream-node-max-bytes, at most 4 kB, and a result is "
              "some hundred bytes.",
       .cure = fmt::format("`CONFIG SET stream-node-max-bytes {}`, and in redis.conf. It holds for "
                           "new streams, and all streams of this server: long ones read a little "
                           "slower. Or keep results for a shorter time (result_ttl).",
                           kStreamNodeBytes)});
}

}  // namespace

void find_about_keys(const Facts& facts, const Load& load, Findings& findings) {
  if (!facts.keys) return;
  find_big_keys(*facts.keys, findings);
  find_growing_lists(*facts.keys, load, findings);
  find_missing_expiry(*facts.keys, findings);
  find_stream_nodes(facts, findings);
}

}  // namespace rqpp::doctor
