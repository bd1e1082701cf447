#include "doctor/info_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

namespace rqpp::doctor {
namespace {

constexpr std::string_view kCommandStat = "cmdstat_";
constexpr std::string_view kErrorStat = "errorstat_";
constexpr std::string_view kLatency = "latency_percentiles_usec_";

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

Sample::Number whole(const InfoFields& info, const std::string& name) {
  const auto found = info.find(name);
  return found == info.end() ? std::nullopt : parse_whole(found->second);
}

std::optional<double> decimal(const InfoFields& info, const std::string& name) {
  const auto found = info.find(name);
  return found == info.end() ? std::nullopt : parse_decimal(found->second);
}

std::string word(const InfoFields& info, const std::string& name) {
  const auto found = info.find(name);
  return found == info.end() ? std::string() : found->second;
}

std::int64_t number_in(const std::map<std::string, std::string>& pairs, const std::string& name) {
  const auto found = pairs.find(name);
  const auto value = found == pairs.end() ? std::nullopt : parse_whole(found->second);
  return value && *value > 0 ? *value : 0;
}

/// The field's name without its prefix, or nothing.
std::optional<std::string> named(const std::string& field, std::string_view prefix) {
  if (!field.starts_with(prefix) || field.size() == prefix.size()) return std::nullopt;
  return field.substr(prefix.size());
}

std::optional<double> cpu_of(const InfoFields& info) {
  for (const char* thread : {"_main_thread", ""}) {
    const auto user = decimal(info, fmt::format("used_cpu_user{}", thread));
    const auto system = decimal(info, fmt::format("used_cpu_sys{}", thread));
    if (user && system) return *user + *system;
  }
  return std::nullopt;
}

void read_counts(const InfoFields& info, Sample& sample) {
  sample.commands = whole(info, "total_commands_processed");
  sample.connections = whole(info, "total_connections_received");
  sample.rejected_connections = whole(info, "rejected_connections");
  sample.reads = whole(info, "total_reads_processed");
  sample.bytes_in = whole(info, "total_net_input_bytes");
  sample.bytes_out = whole(info, "total_net_output_bytes");
  sample.expired_keys = whole(info, "expired_keys");
  sample.evicted_keys = whole(info, "evicted_keys");
  sample.hits = whole(info, "keyspace_hits");
  sample.misses = whole(info, "keyspace_misses");
  sample.changes = whole(info, "rdb_changes_since_last_save");
  sample.last_save = whole(info, "rdb_last_save_time");
}

void read_levels(const InfoFields& info, Sample& sample) {
  sample.clients = whole(info, "connected_clients");
  sample.blocked_clients = whole(info, "blocked_clients");
  sample.max_clients = whole(info, "maxclients");
  sample.memory = whole(info, "used_memory");
  sample.rss = whole(info, "used_memory_rss");
  sample.max_memory = whole(info, "maxmemory");
  sample.fragmentation = decimal(info, "mem_fragmentation_ratio");
}

}  // namespace

InfoFields parse_info(std::string_view text) {
  InfoFields fields;
  while (!text.empty() && fields.size() < kMostInfoFields) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon > kMostNameBytes) continue;
    fields.emplace(line.substr(0, colon), line.substr(colon + 1, kMostNameBytes));
  }
  return fields;
}

std::map<std::string, std::string> parse_pairs(std::string_view text) {
  std::map<std::string, std::string> pairs;
  while (!text.empty()) {
    std::string_view pair = take_until(text, ',');
    const std::string_view name = take_until(pair, '=');
    if (!name.empty()) pairs.emplace(name, pair);
  }
  return pairs;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> parse_decimal(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

Sample read_sample(const InfoFields& info, double at_seconds, int db) {
  Sample sample{.at_seconds = at_seconds, .cpu_seconds = cpu_of(info)};
  read_counts(info, sample);
  read_levels(info, sample);
  const auto database = parse_pairs(word(info, fmt::format("db{}", db)));
  sample.keys = number_in(database, "keys");
  sample.keys_with_expiry = number_in(database, "expires");
  for (const auto& [field, value] : info) {
    if (const auto command = named(field, kCommandStat)) {
      const auto pairs = parse_pairs(value);
      sample.by_command[*command] = {.calls = number_in(pairs, "calls"),
                                     .usec = number_in(pairs, "usec"),
                                     .rejected = number_in(pairs, "rejected_calls"),
                                     .failed = number_in(pairs, "failed_calls")};
    } else if (const auto error = named(field, kErrorStat)) {
      sample.errors[*error] = number_in(parse_pairs(value), "count");
    }
  }
  return sample;
}

Server read_server(const InfoFields& info) {
  Server server;
  const std::string valkey = word(info, "valkey_version");
  if (!valkey.empty() || word(info, "server_name") == "valkey") server.software = "valkey";
  server.version = valkey.empty() ? word(info, "redis_version") : valkey;
  server.mode = word(info, valkey.empty() ? "redis_mode" : "server_mode");
  if (server.mode.empty()) server.mode = word(info, "redis_mode");
  server.role = word(info, "role");
  server.uptime_seconds = whole(info, "uptime_in_seconds").value_or(0);
  server.process_id = whole(info, "process_id").value_or(0);
  server.background_save_failed = word(info, "rdb_last_bgsave_status") == "err";
  server.append_only_failed = word(info, "aof_last_write_status") == "err";
  for (const auto& [field, value] : info) {
    const auto number = named(field, "db");
    if (number && parse_whole(*number))
      server.databases[field] = number_in(parse_pairs(value), "keys");
  }
  return server;
}

std::map<std::string, Percentiles> read_latencies(const InfoFields& info) {
  std::map<std::string, Percentiles> latencies;
  for (const auto& [field, value] : info) {
    const auto command = named(field, kLatency);
    if (!command) continue;
    const auto pairs = parse_pairs(value);
    const auto at = [&pairs](const char* percent) {
      const auto found = pairs.find(percent);
      return found == pairs.end() ? 0 : parse_decimal(found->second).value_or(0);
    };
    latencies[*command] = {.p50 = at("p50"), .p99 = at("p99"), .p999 = at("p99.9")};
  }
  return latencies;
}

}  // namespace rqpp::doctor
