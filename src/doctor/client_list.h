#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/facts.h"

namespace rqpp::doctor {

/// One line of CLIENT LIST.
struct Client {
  std::int64_t id = 0;
  std::string address{};  ///< `10.0.0.7:50312`; a path for a Unix socket.
  std::string name{};
  std::string user{};
  std::string last_command{};  ///< In upper case.
  std::int64_t age_seconds = 0;
  std::int64_t idle_seconds = 0;
  std::int64_t output_bytes = 0;

  bool operator==(const Client&) const = default;
};

/// Nothing for a line without an id.
std::optional<Client> parse_client(std::string_view line);

/// Who that is, for people: the pattern of its name, else the host it comes from.
std::string who_is(const Client& client);

/// The clients of CLIENT LIST by their ids, without `own_id`; no more than kMostClients.
inline constexpr std::size_t kMostClients = 20'000;
using ClientsById = std::map<std::int64_t, Client>;
void read_clients(std::string_view text, std::int64_t own_id, ClientsById& clients);

/// Those that belong together, the busiest first. A client is young if it is younger than
/// `visit_seconds`.
std::vector<ClientGroup> group_clients(const ClientsById& clients, std::int64_t visit_seconds);

}  // namespace rqpp::doctor
