#include "redis/server_kind.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

/// BLMOVE and LMOVE came with it.
constexpr std::pair<int, int> kOldest{6, 2};

std::pair<int, int> numbers_of(std::string_view version) {
  std::pair<int, int> numbers{0, 0};
  const char* const end = version.data() + version.size();
  const auto [rest, error] = std::from_chars(version.data(), end, numbers.first);
  if (error == std::errc{} && rest != end) std::from_chars(rest + 1, end, numbers.second);
  return numbers;
}

ConnectionError unfit(const Settings& settings, std::string_view why) {
  return ConnectionError(fmt::format("{} {}", to_display(settings), why));
}

}  // namespace

Batch ask_server_kind() { return Batch{}.add("HELLO", 2); }

ServerKind read_server_kind(const Reply& reply) {
  if (reply.is_error()) {
    // Before Redis 6, or renamed by an operator.
    if (reply.text.find("unknown command") != std::string::npos) return {};
    throw CommandError(fmt::format("Redis refused HELLO: {}", reply.text));
  }
  ServerKind kind;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    const std::string& name = reply.elements[i].text;
    const std::string& value = reply.elements[i + 1].text;
    if (name == "version") kind.version = value;
    if (name == "mode") kind.mode = value;
    if (name == "role") kind.role = value == "slave" ? "replica" : value;
  }
  return kind;
}

void check_keeps_jobs(const ServerKind& kind, const Settings& settings) {
  if (kind.mode == "sentinel") {
    throw unfit(settings,
                "is a Sentinel, which keeps no jobs. Give the address of the master: "
                "`redis-cli -p 26379 sentinel get-master-addr-by-name NAME` tells it.");
  }
  if (kind.mode == "cluster") {
    throw unfit(settings,
                "is a node of a Redis Cluster, where the keys of a job would lie on several "
                "nodes. Give a Redis or Valkey that runs without cluster-enabled.");
  }
  if (!kind.version.empty() && numbers_of(kind.version) < kOldest) {
    throw unfit(settings,
                fmt::format("is Redis {}, but 6.2 or later is needed. Upgrade it.", kind.version));
  }
  if (kind.role == "replica") {
    throw unfit(settings,
                "is a replica, which takes no writes. Give the address of its master: "
                "`redis-cli info replication` tells it.");
  }
}

}  // namespace rqpp::redis
