#include "doctor/ask_settings.h"

#include <array>

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

constexpr std::array<const char*, 16> kConfigNames{"maxmemory",
                                                   "maxmemory-policy",
                                                   "appendonly",
                                                   "appendfsync",
                                                   "save",
                                                   "slowlog-log-slower-than",
                                                   "slowlog-max-len",
                                                   "io-threads",
                                                   "latency-monitor-threshold",
                                                   "timeout",
                                                   "maxclients",
                                                   "stream-node-max-bytes",
                                                   "activedefrag",
                                                   "lazyfree-lazy-user-del",
                                                   "client-output-buffer-limit",
                                                   "notify-keyspace-events"};

}  // namespace

std::map<std::string, std::string> ask_settings(Probe& probe) {
  redis::Batch batch;
  for (const char* name : kConfigNames) batch.add("CONFIG", "GET", name);
  std::map<std::string, std::string> settings;
  for (const redis::Reply& reply : probe.ask("settings (CONFIG GET)", batch)) {
    if (reply.elements.size() < 2) continue;  // refused, or not known to this version
    settings[reply.elements[0].text.substr(0, kMostNameBytes)] =
        reply.elements[1].text.substr(0, kMostNameBytes);
  }
  return settings;
}

void expect_data(const Server& server) {
  if (server.mode != "sentinel") return;
  throw Error(
      "This is a Sentinel, which holds no data. Give the address of a Redis that it "
      "watches: `redis-cli -p 26379 sentinel masters` lists them.");
}

}  // namespace rqpp::doctor
