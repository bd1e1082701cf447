#include "chaos/faults.h"

namespace rqpp::test {

std::map<std::string, Weighted> all_faults() {
  return {{"kill-horse", {kill_horse, 12}},      {"kill-fork-server", {kill_fork_server, 3}},
          {"kill-worker", {kill_worker, 3}},     {"restart-worker", {restart_worker, 2}},
          {"freeze-worker", {freeze_worker, 1}}, {"cut", {cut_bytes, 12}},
          {"stall", {stall_bytes, 3}},           {"pull-cable", {pull_cable, 2}},
          {"kill-clients", {kill_clients, 2}},   {"kill-redis", {kill_redis, 2}},
          {"freeze-redis", {freeze_redis, 1}},   {"forget-scripts", {forget_scripts, 2}},
          {"restore", {restore_snapshot, 1}}};
}

}  // namespace rqpp::test
