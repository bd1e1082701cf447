#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doctor/key_facts.h"
#include "doctor/rq_facts.h"
#include "doctor/sample.h"

// All that a visit found out: plain values, which facts_json.h writes and reads. Texts are as Redis
// sent them, cut to kMostNameBytes: whoever prints them escapes them.
namespace rqpp::doctor {

inline constexpr std::size_t kMostNameBytes = 256;

/// What a server is, and how it is set up.
struct Server {
  std::string software = "redis";  ///< Or `valkey`.
  std::string version{};
  std::string mode{};  ///< `standalone`, `cluster`, `sentinel`.
  std::string role{};  ///< `master`, `slave`.
  std::int64_t uptime_seconds = 0;
  std::int64_t process_id = 0;
  std::map<std::string, std::string> config{};  ///< What CONFIG GET said of kConfigNames.
  bool background_save_failed = false;
  bool append_only_failed = false;
  std::map<std::string, std::int64_t> databases{};  ///< Keys in each: `db0`.

  bool operator==(const Server&) const = default;
};

/// From INFO latencystats: microseconds, since the server started.
struct Percentiles {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;

  bool operator==(const Percentiles&) const = default;
};

/// Calls of one kind in the slow log.
struct SlowCalls {
  std::string command{};  ///< In upper case.
  std::string pattern{};  ///< Of its key, or of the script: `rq:job:*`, `script 1a2b3c4d`.
  std::int64_t calls = 0;
  std::int64_t worst_usec = 0;
  std::int64_t total_usec = 0;
  std::int64_t age_seconds = 0;  ///< Of the newest.
  std::string client{};          ///< Of the newest: its name, else its address.

  bool operator==(const SlowCalls&) const = default;
};

struct SlowLog {
  std::int64_t looked_at = 0;  ///< Entries, the newest first.
  std::vector<SlowCalls> calls{};

  bool operator==(const SlowLog&) const = default;
};

/// From LATENCY LATEST.
struct LatencyEvent {
  std::string name{};
  std::int64_t age_seconds = 0;
  std::int64_t latest_ms = 0;
  std::int64_t worst_ms = 0;

  bool operator==(const LatencyEvent&) const = default;
};

/// Clients that belong together: by their name, else by where they are.
struct ClientGroup {
  std::string who{};      ///< `worker-*`, `10.0.0.7`.
  std::string address{};  ///< Of one of them.
  std::int64_t clients = 0;
  std::int64_t active = 0;        ///< Those that said something within the last second.
  std::int64_t young = 0;         ///< Those that connected during the visit.
  std::int64_t output_bytes = 0;  ///< What waits to be sent to them.
  std::map<std::string, std::int64_t> last_commands{};  ///< How many had sent which.

  bool operator==(const ClientGroup&) const = default;
};

struct Clients {
  std::int64_t connected = 0;
  std::int64_t looked_at = 0;
  std::vector<ClientGroup> groups{};  ///< The busiest first.

  bool operator==(const Clients&) const = default;
};

/// One kind of call that MONITOR showed.
struct Use {
  std::string command{};  ///< In upper case.
  std::string pattern{};
  std::int64_t calls = 0;
  std::int64_t by_scripts = 0;                    ///< Of these.
  std::map<std::string, std::int64_t> clients{};  ///< By who they are, as in ClientGroup.

  bool operator==(const Use&) const = default;
};

struct Monitored {
  double seconds = 0;
  std::int64_t lines = 0;
  bool stopped_early = false;  ///< It reached its limit of lines or bytes.
  std::vector<Use> uses{};     ///< The most frequent first.

  bool operator==(const Monitored&) const = default;
};

/// Something that could not be looked at.
struct Unseen {
  std::string what{};  ///< `the slow log`
  std::string why{};   ///< What Redis said.

  bool operator==(const Unseen&) const = default;
};

/// What the visit itself cost the server.
struct Cost {
  std::int64_t commands = 0;
  double usec = 0;             ///< In commands; estimated from the mean of each.
  std::int64_t bytes_out = 0;  ///< Sent to Redis.
  std::int64_t bytes_in = 0;
  double seconds = 0;  ///< How long it took.

  bool operator==(const Cost&) const = default;
};

struct Facts {
  Server server{};
  Sample before{};
  Sample after{};
  /// The doctor's own calls between the samples, by command.
  std::map<std::string, std::int64_t> own_calls{};
  std::map<std::string, Percentiles> latencies{};
  std::optional<SlowLog> slow_log{};
  std::vector<LatencyEvent> latency_events{};
  std::optional<Clients> clients{};
  std::optional<KeySample> keys{};
  std::optional<Monitored> monitored{};
  std::optional<RqFacts> rq{};  ///< Unset where no key of RQ is.
  std::vector<Unseen> unseen{};
  Cost cost{};

  bool operator==(const Facts&) const = default;
};

}  // namespace rqpp::doctor
