#include "doctor/client_list.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "doctor/command_line.h"
#include "doctor/info_text.h"
#include "doctor/pattern.h"

namespace rqpp::doctor {
namespace {

std::int64_t number_of(std::string_view text) {
  return std::max<std::int64_t>(parse_whole(text).value_or(0), 0);
}

void set_field(Client& client, std::string_view name, std::string_view value) {
  const auto text = [&value] { return std::string(value.substr(0, kMostNameBytes)); };
  if (name == "id") client.id = number_of(value);
  if (name == "addr") client.address = text();
  if (name == "name") client.name = text();
  if (name == "user") client.user = text();
  if (name == "cmd") client.last_command = shown_command(value);
  if (name == "age") client.age_seconds = number_of(value);
  if (name == "idle") client.idle_seconds = number_of(value);
  if (name == "omem") client.output_bytes = number_of(value);
}

}  // namespace

std::optional<Client> parse_client(std::string_view line) {
  Client client;
  while (!line.empty()) {
    const std::size_t end = line.find(' ');
    const std::string_view field = line.substr(0, end);
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos) {
      set_field(client, field.substr(0, equals), field.substr(equals + 1));
    }
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  if (client.id <= 0) return std::nullopt;
  return client;
}

std::string who_is(const Client& client) {
  if (!client.name.empty()) return pattern_of(client.name);
  // A Unix socket's clients have its path, and the port 0.
  if (client.address.empty() || client.address.front() == '/' || client.address.ends_with(":0")) {
    return "unix socket";
  }
  return client.address.substr(0, client.address.rfind(':'));
}

void read_clients(std::string_view text, std::int64_t own_id, ClientsById& clients) {
  while (!text.empty() && clients.size() < kMostClients) {
    const std::size_t end = text.find('\n');
    const auto client = parse_client(text.substr(0, end));
    if (client && client->id != own_id) clients.insert_or_assign(client->id, *client);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::vector<ClientGroup> group_clients(const ClientsById& clients, std::int64_t visit_seconds) {
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;  // against hostile numbers
  std::set<std::string> names;
  for (const auto& [id, client] : clients) names.insert(who_is(client));
  const auto merged = merge_patterns(names);
  std::map<std::string, ClientGroup> groups;
  for (const auto& [id, client] : clients) {
    ClientGroup& group = groups[merged.at(who_is(client))];
    group.who = merged.at(who_is(client));
    group.address = client.address;
    ++group.clients;
    group.active += client.idle_seconds < 1 ? 1 : 0;
    group.young += client.age_seconds <= visit_seconds ? 1 : 0;
    group.output_bytes += std::min(client.output_bytes, kMostBytes);
    ++group.last_commands[client.last_command];
  }
  std::vector<ClientGroup> sorted;
  for (auto& [who, group] : groups) sorted.push_back(std::move(group));
  std::stable_sort(sorted.begin(), sorted.end(), [](const ClientGroup& a, const ClientGroup& b) {
    return std::tie(a.active, a.clients) > std::tie(b.active, b.clients);
  });
  constexpr std::size_t kMostGroups = 50;
  if (sorted.size() > kMostGroups) sorted.resize(kMostGroups);
  return sorted;
}

}  // namespace rqpp::doctor
