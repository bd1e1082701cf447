#include "doctor/visit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "doctor/ask_settings.h"
#include "doctor/client_list.h"
#include "doctor/key_scan.h"
#include "doctor/load.h"
#include "doctor/monitor.h"
#include "doctor/probe.h"
#include "doctor/quantities.h"
#include "doctor/rq_visit.h"
#include "doctor/slow_log.h"
#include "doctor/take_sample.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kKeyBudget{2'000};
constexpr milliseconds kMostPatience{10'000};
constexpr int kSlowEntries = 100;

redis::Settings settings_of_visit(redis::Settings settings) {
  if (settings.client_name.empty()) settings.client_name = "rqpp-doctor";
  if (settings.io_timeout.count() == 0 || settings.io_timeout > kMostPatience) {
    settings.io_timeout = kMostPatience;
  }
  return settings;
}

class Visit {
 public:
  Visit(const redis::Settings& settings, const VisitOptions& options,
        const VisitSurroundings& surroundings)
      : options_(options), surroundings_(surroundings), probe_(settings_of_visit(settings)) {}

  Facts run() {
    meet();
    rq_.begin(redis_seconds());
    look_at_keys();
    watch();
    look_at_clients();
    look_at_slow_calls();
    rq_.end(scanned_.keys);
    facts_.rq = rq_.facts(scanned_.keys);
    if (options_.monitor && !surroundings_.impatient()) listen();
    part();
    return std::move(facts_);
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
  std::int64_t redis_seconds();
  void meet();
  void look_at_keys();
  void watch();
  std::optional<std::int64_t> own_id();
  redis::Batch pages_of_clients(std::int64_t own_id) const;
  void look_at_clients();
  void look_at_slow_calls();
  void look_at_latencies(std::int64_t now_seconds);
  void listen();
  void part();

  const VisitOptions& options_;
  const VisitSurroundings& surroundings_;
  Probe probe_;
  RqVisit rq_{probe_};
  Clock::time_point began_ = Clock::now();
  Sample first_{};
  ScannedKeys scanned_{};
  ClientsById clients_{};
  Facts facts_{};
};

std::int64_t Visit::redis_seconds() {
  const auto replies = probe_.try_ask("the time", redis::Batch().add("TIME"));
  if (replies.at(0).elements.size() == 2) {
    if (const auto seconds = parse_whole(replies[0].elements[0].text)) return *seconds;
  }
  return std::time(nullptr);
}

void Visit::meet() {
  const InfoFields info = ask_info(probe_);
  facts_.server = read_server(info);
  first_ = read_sample(info, seconds(), probe_.settings().db);
  expect_data(facts_.server);
  facts_.server.config = ask_settings(probe_);
}

void Visit::look_at_keys() {
  if (options_.keys <= 0) return;
  scanned_ = scan_keys(probe_, options_.keys, kKeyBudget);
  facts_.keys = sum_up(scanned_, first_.keys.value_or(0));
}

void Visit::watch() {
  surroundings_.notice(fmt::format("Looking at the load for {}.",
                                   usec_text(static_cast<double>(options_.window.count()) * 1e3)));
  facts_.before = take_sample(probe_, seconds());
  const auto calls_before = probe_.calls();
  surroundings_.wait(options_.window);
  facts_.after = take_sample(probe_, seconds());
  for (const auto& [command, calls] : probe_.calls()) {
    const auto found = calls_before.find(command);
    const std::int64_t more = calls - (found == calls_before.end() ? 0 : found->second);
    if (more > 0) facts_.own_calls[command] = more;
  }
}

std::optional<std::int64_t> Visit::own_id() {
  const auto replies = probe_.try_ask("the clients", redis::Batch().add("CLIENT", "ID"));
  if (replies.at(0).type != redis::Reply::Type::integer) return std::nullopt;
  return replies[0].number;
}

/// Redis cannot list clients page by page, but it finds them by their numbers, which it gives away
/// one after the other: the newest and the oldest are asked for, a hundred numbers at a time.
redis::Batch Visit::pages_of_clients(std::int64_t own_id) const {
  constexpr std::int64_t kNumbersAtOnce = 100;
  constexpr std::int64_t kEachEnd = 1'000;
  redis::Batch batch;
  const auto add_page = [&batch](std::int64_t from, std::int64_t to) {
    batch.add("CLIENT", "LIST", "ID");
    for (std::int64_t id = from; id < to; ++id) batch.more(id);
  };
  const std::int64_t newest = std::max<std::int64_t>(own_id - kEachEnd, 1);
  for (std::int64_t id = newest; id <= own_id; id += kNumbersAtOnce) {
    add_page(id, std::min(id + kNumbersAtOnce, own_id + 1));
  }
  const std::int64_t oldest_end = std::min(kEachEnd + 1, newest);
  for (std::int64_t id = 1; id < oldest_end; id += kNumbersAtOnce) {
    add_page(id, std::min(id + kNumbersAtOnce, oldest_end));
  }
  return batch;
}

void Visit::look_at_clients() {
  constexpr std::int64_t kFewClients = 100;
  const std::string what = "the clients (CLIENT LIST)";
  const std::int64_t connected = facts_.after.clients.value_or(0);
  const auto id = own_id();
  const bool at_once = options_.all_clients || connected <= kFewClients;
  if (!at_once && !id) {
    return probe_.miss({what, fmt::format("{} are connected, too many to list unasked; "
                                          "--all-clients does it",
                                          count_text(connected))});
  }
  const redis::Batch batch =
      at_once ? std::move(redis::Batch().add("CLIENT", "LIST")) : pages_of_clients(*id);
  const auto replies = probe_.ask(what, batch);
  if (replies.at(0).is_error()) return;
  for (const redis::Reply& reply : replies) read_clients(reply.text, id.value_or(0), clients_);
  facts_.clients = Clients{.connected = std::max<std::int64_t>(connected - 1, 0),
                           .looked_at = static_cast<std::int64_t>(clients_.size()),
                           .groups = group_clients(clients_, static_cast<std::int64_t>(seconds()))};
}

void Visit::look_at_slow_calls() {
  const std::int64_t now = redis_seconds();
  if (facts_.keys) measure_growth(probe_, *facts_.keys);
  const auto replies =
      probe_.ask("the slow log", redis::Batch().add("SLOWLOG", "GET", kSlowEntries));
  if (!replies.at(0).is_error()) {
    facts_.slow_log = read_slow_log(replies[0], now, probe_.settings().client_name);
    if (facts_.keys) {
      add_biggest(doctor::look_at_keys(probe_, slow_keys(replies[0])), *facts_.keys);
    }
  }
  if (facts_.keys) weigh_biggest(probe_, *facts_.keys);
  look_at_latencies(now);
  facts_.latencies = read_latencies(ask_latencies(probe_));
}

void Visit::look_at_latencies(std::int64_t now_seconds) {
  constexpr std::size_t kMostEvents = 50;
  const auto replies = probe_.ask("latencies", redis::Batch().add("LATENCY", "LATEST"));
  for (const redis::Reply& event : replies.at(0).elements) {
    if (event.elements.size() < 4 || facts_.latency_events.size() == kMostEvents) continue;
    facts_.latency_events.push_back(
        {.name = event.elements[0].text.substr(0, kMostNameBytes),
         .age_seconds = seconds_since(event.elements[1].number, now_seconds),
         .latest_ms = event.elements[2].number,
         .worst_ms = event.elements[3].number});
  }
}

void Visit::listen() {
  const Load load = load_between(facts_.before, facts_.after, facts_.own_calls);
  if (load.cpu > options_.most_cpu_to_monitor) {
    return probe_.miss(
        {"what MONITOR shows", fmt::format("not asked: Redis uses {} of a core, and it would use "
                                           "more; --force asks all the same",
                                           share_text(load.cpu))});
  }
  surroundings_.notice(fmt::format(
      "MONITOR for {}: Redis sends each of about {} commands per second here as well, and "
      "needs two to four times the CPU.",
      usec_text(static_cast<double>(options_.monitor->count()) * 1e3),
      rate_text(load.commands_per_second)));
  UseCounter::Names names;
  for (const auto& [id, client] : clients_) {
    if (!client.name.empty()) names.emplace(client.address, who_is(client));
  }
  facts_.monitored =
      monitor(probe_, {.time = *options_.monitor, .impatient = surroundings_.impatient},
              UseCounter(std::move(names)));
}

void Visit::part() {
  const Sample last = take_sample(probe_, seconds());
  for (const auto& [command, calls] : probe_.calls()) facts_.cost.commands += calls;
  facts_.cost.usec = own_usec(first_, last, probe_.calls());
  facts_.cost.bytes_out = probe_.bytes_out();
  facts_.cost.bytes_in = probe_.bytes_in();
  facts_.cost.seconds = seconds();
  facts_.unseen = probe_.unseen();
}

}  // namespace

Facts visit(const redis::Settings& settings, const VisitOptions& options,
            const VisitSurroundings& surroundings) {
  return Visit(settings, options, surroundings).run();
}

}  // namespace rqpp::doctor
