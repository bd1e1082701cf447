#include "redis/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "redis/failure.h"
#include "redis/request.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

// A connection used a moment ago is not asked whether it still stands.
constexpr std::chrono::milliseconds kTrusted{5};

// The command without its arguments but the first, which is the key: the rest may be secret or
// long.
std::string name_of(Batch::Encoded command) {
  if (command.script != nullptr) return fmt::format("the script '{}'", command.script->name());
  const std::string_view name = take_word(command.words);
  if (command.count == 1) return std::string(name);
  constexpr std::size_t kShown = 100;
  const std::string_view key = take_word(command.words);
  if (key.size() <= kShown) return fmt::format("{} {}", name, key);
  return fmt::format("{} {}…", name, key.substr(0, kShown));
}

// Whether a server has answered that has become a replica. Its address may lead to the new master
// by now, so the connection is given up.
bool any_demotion(const Connection::Replies& replies) {
  return std::any_of(replies.begin(), replies.end(), [](const Reply& reply) {
    return reply.is_error() && is_demotion(reply.text);
  });
}

// Whether it refused the first command already: then the batch may go over a new connection, once.
// A transaction that was discarded says so of the commands before the one at fault.
bool nothing_was_done(const Connection::Replies& replies) {
  const auto first = std::find_if(replies.begin(), replies.end(), [](const Reply& reply) {
    return !reply.is_error() || error_code(reply.text) != "EXECABORT";
  });
  return first != replies.end() && first->is_error() && is_demotion(first->text);
}

}  // namespace

Connection::Connection(Settings settings) : link_(std::move(settings)) {}

// Whatever goes wrong with the connection ends it, and with it what it was asked.
template <class Action>
void Connection::guarded(const Action& action) {
  try {
    action();
  } catch (...) {
    close();
    throw;
  }
}

Connection::Replies Connection::run(const Batch& batch, Timeout timeout) {
  Replies replies = try_run(batch, timeout);
  throw_first_error(batch, replies);
  return replies;
}

Connection::Replies Connection::try_run(const Batch& batch, Timeout timeout) {
  if (batch.empty()) return {};
  const Batch* const only = &batch;
  const auto ask = [&] {
    exchange(std::span(&only, 1), timeout);
    return std::move(*pipeline_.next());
  };
  Replies replies = ask();
  if (!any_demotion(replies)) return replies;
  close();
  if (!nothing_was_done(replies)) return replies;
  replies = ask();
  if (any_demotion(replies)) close();
  return replies;
}

std::vector<Connection::Outcome> Connection::run_together(std::span<const Batch* const> batches) {
  std::vector<Outcome> outcomes(batches.size());
  std::exception_ptr error;
  try {
    exchange(batches, {});
  } catch (const std::exception&) {
    error = std::current_exception();
  }
  bool demoted = false;
  for (Outcome& outcome : outcomes) {
    if (auto replies = pipeline_.next()) {
      outcome.replies = std::move(*replies);
      demoted = demoted || any_demotion(outcome.replies);
    } else {
      outcome.error = error;
    }
  }
  if (!demoted) return outcomes;
  close();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].error != nullptr || !nothing_was_done(outcomes[i].replies)) continue;
    try {
      outcomes[i].replies = try_run(*batches[i]);
    } catch (const std::exception&) {
      outcomes[i] = {.error = std::current_exception()};
    }
  }
  return outcomes;
}

void Connection::exchange(std::span<const Batch* const> batches, Timeout timeout) {
  if (!pipeline_.idle()) {
    throw InvalidArgument("run() needs a connection without unanswered or untaken batches.");
  }
  guarded([&] {
    if (!send_now(batches, timeout)) send_now(batches, timeout);
    while (pipeline_.in_flight() > 0) wait();
  });
}

// False when the connection turned out to be dead before it took a byte: then nothing can have been
// executed, and the batches may go over a new one.
bool Connection::send_now(std::span<const Batch* const> batches, Timeout timeout) {
  const bool reused = reuse();
  if (!reused) connect_now();
  last_progress_ = Clock::now();
  for (const Batch* batch : batches) {
    pipeline_.add_borrowed(*batch, timeout_or_default(timeout), link_.output());
  }
  const std::uint64_t before = link_.moved();
  try {
    link_.flush();
  } catch (const ConnectionError&) {
    if (!reused || link_.moved() != before) throw;
    pipeline_.disconnect();
    return false;
  }
  return true;
}

bool Connection::reuse() {
  if (!link_.ready()) return false;
  return Clock::now() - last_progress_ < kTrusted || !link_.hung_up();
}

void Connection::connect_now() {
  start();
  while (!link_.ready()) {
    if (!link_.wait(link_.connect_deadline())) link_.check_connect_deadline(Clock::now());
  }
}

void Connection::wait() {
  if (!link_.wait(deadline())) {
    check_deadline(Clock::now());
    return;
  }
  pump();
}

// Hands what has arrived to the batches, and sends again what Redis needs again.
void Connection::pump() {
  bool any = false;
  while (std::optional<Reply> reply = link_.next()) {
    pipeline_.take(std::move(*reply), link_.output());
    any = true;
  }
  if (any) link_.flush();
  if (const std::uint64_t moved = link_.moved(); moved != moved_) {
    moved_ = moved;
    last_progress_ = Clock::now();
  }
}

void Connection::start() {
  close();
  ++starts_;
  link_.start();
}

void Connection::step(short revents) {
  guarded([&] {
    link_.step(revents);
    pump();
  });
}

void Connection::send(Batch batch, Timeout timeout) {
  if (!open()) {
    throw ConnectionError(fmt::format("there is no connection to {}.", to_display(settings())));
  }
  // The clock of the first batch starts now; the others wait for the ones before them.
  if (pipeline_.in_flight() == 0) last_progress_ = Clock::now();
  pipeline_.add(std::move(batch), timeout_or_default(timeout), link_.output());
}

void Connection::flush() {
  guarded([this] { link_.flush(); });
}

std::optional<Connection::Clock::time_point> Connection::deadline() const {
  if (!ready()) return link_.connect_deadline();
  const auto timeout = pipeline_.timeout();
  if (!timeout || timeout->count() <= 0) return std::nullopt;
  return last_progress_ + *timeout;
}

void Connection::check_deadline(Clock::time_point now) {
  guarded([&] {
    link_.check_connect_deadline(now);
    const auto until = deadline();
    if (until && now >= *until) throw reply_timeout(settings(), *pipeline_.timeout());
  });
}

void Connection::close() noexcept {
  link_.close();
  pipeline_.disconnect();
}

std::chrono::milliseconds Connection::timeout_or_default(Timeout timeout) const {
  return timeout.value_or(settings().io_timeout);
}

void throw_first_error(const Batch& batch, const std::vector<Reply>& replies) {
  const std::size_t commands = std::min(batch.size(), replies.size());
  std::size_t first = commands;
  for (std::size_t i = 0; i < commands; ++i) {
    if (!replies[i].is_error()) continue;
    // In a discarded transaction only the command at fault has another error than this.
    const bool only_discarded = replies[i].text.rfind("EXECABORT", 0) == 0;
    if (first == commands || !only_discarded) first = i;
    if (!only_discarded) break;
  }
  if (first == commands) return;
  throw CommandError(
      fmt::format("Redis refused {}: {}", name_of(batch.encoded(first)), replies[first].text));
}

}  // namespace rqpp::redis
