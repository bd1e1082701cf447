#include "doctor/facts_json.h"

#include <fmt/format.h>

#include <optional>

#include <nlohmann/json.hpp>

#include <rqpp/error.h>

namespace nlohmann {

// What is unset is null.
template <class T>
struct adl_serializer<std::optional<T>> {
  template <class Json>
  static void to_json(Json& json, const std::optional<T>& value) {
    json = value ? Json(*value) : Json(nullptr);
  }
  template <class Json>
  static void from_json(const Json& json, std::optional<T>& value) {
    value = json.is_null() ? std::nullopt : std::optional<T>(json.template get<T>());
  }
};

}  // namespace nlohmann

namespace rqpp::doctor {

NLOHMANN_JSON_SERIALIZE_ENUM(Leak::Kind, {{Leak::Kind::result, "result"},
                                          {Leak::Kind::execution, "execution"},
                                          {Leak::Kind::ghost, "ghost"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CommandCount, calls, usec, rejected, failed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Sample, at_seconds, cpu_seconds, commands,
                                                connections, rejected_connections, reads, bytes_in,
                                                bytes_out, expired_keys, evicted_keys, hits, misses,
                                                changes, last_save, by_command, errors, clients,
                                                blocked_clients, max_clients, memory, rss,
                                                max_memory, fragmentation, keys, keys_with_expiry)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Server, software, version, mode, role,
                                                uptime_seconds, process_id, config,
                                                background_save_failed, append_only_failed,
                                                databases)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Percentiles, p50, p99, p999)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SlowCalls, command, pattern, calls, worst_usec,
                                                total_usec, age_seconds, client)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(SlowLog, looked_at, calls)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(LatencyEvent, name, age_seconds, latest_ms,
                                                worst_ms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ClientGroup, who, address, clients, active, young,
                                                output_bytes, last_commands)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Clients, connected, looked_at, groups)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Use, command, pattern, calls, by_scripts, clients)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Monitored, seconds, lines, stopped_early, uses)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(KeyGroup, pattern, type, keys, without_expiry,
                                                length, longest)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BigKey, name, type, length, bytes, expires, growth)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(KeySample, looked_at, in_database, complete, groups,
                                                biggest)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(QueueFacts, name, length_before, length_after,
                                                workers, started, abandoned, finished, failed,
                                                canceled, intermediate, stuck)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BrokenJob, id, what)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Leak, kind, job_id, key)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RqFacts, queues_registered, queues,
                                                workers_registered, workers_looked_at, dead_workers,
                                                jobs_looked_at, broken, leaks)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Unseen, what, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Cost, commands, usec, bytes_out, bytes_in, seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Facts, server, before, after, own_calls, latencies,
                                                slow_log, latency_events, clients, keys, monitored,
                                                rq, unseen, cost)

namespace {

template <class Value>
std::string text_of(const Value& value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class Value>
Value value_of(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<Value>();
  } catch (const nlohmann::json::exception& error) {
    throw DecodeError(fmt::format("this is no record of a visit: {}", error.what()));
  }
}

}  // namespace

std::string to_json_text(const Facts& facts) { return text_of(facts); }
std::string to_json_text(const Sample& sample) { return text_of(sample); }
Facts facts_of_json(std::string_view text) { return value_of<Facts>(text); }
Sample sample_of_json(std::string_view text) { return value_of<Sample>(text); }

}  // namespace rqpp::doctor
