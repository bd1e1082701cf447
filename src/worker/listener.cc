#include "worker/listener.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "protocol/control.h"
#include "protocol/keys.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

struct AsEvent {
  Event operator()(const protocol::Shutdown&) const { return StopRequested{}; }
  Event operator()(const protocol::KillHorse&) const { return KillHorses{}; }
  Event operator()(const protocol::StopJob& it) const { return StopRun{it.job_id, {}}; }
  Event operator()(const protocol::StopExecution& it) const {
    return StopRun{it.job_id, it.execution_id};
  }
};

}  // namespace

Listener::Listener(redis::Settings settings, const std::string& worker, base::Log log)
    : subscriber_(std::move(settings)), log_(std::move(log)) {
  subscriber_.subscribe(protocol::keys::commands(worker));
  subscriber_.watch_keys(std::string(protocol::keys::kSuspended));
  subscriber_.watch_keys(protocol::keys::paused(""));
}

void Listener::step(short revents, Moment::Steady now) {
  if (!subscriber_.open()) return;
  if (revents != 0) subscriber_.step(revents);
  subscriber_.check_deadline(now);
  const bool listening = subscriber_.listening();
  // Nothing was heard before.
  if (listening && !was_listening_) suspension_changed_ = true;
  was_listening_ = listening;
}

std::vector<Event> Listener::read() {
  std::vector<Event> events;
  while (const auto message = subscriber_.next_message()) {
    if (message->channel == redis::Subscriber::kKeysChanged) {
      suspension_changed_ = true;
      continue;
    }
    try {
      const std::optional<protocol::Command> command = protocol::read_command(message->payload);
      if (command) events.push_back(std::visit(AsEvent{}, *command));
    } catch (const DecodeError& error) {
      log_.warning(fmt::format("a command to this worker is ignored: {}", error.what()));
    }
  }
  return events;
}

bool Listener::suspension_may_have_changed() { return std::exchange(suspension_changed_, false); }

}  // namespace rqpp::worker
