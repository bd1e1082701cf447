#include "mirror/follower.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <random>
#include <utility>

#include "mirror/line.h"
#include "redis/scan.h"

#include <rqpp/error.h>

namespace rqpp::mirror {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kChecksAtOnce = 100;
/// Changes of keys are collected for so long at most.
constexpr std::chrono::milliseconds kCollect{10};
/// A line for pushes is asked at least so often whether it stands, at most so often.
constexpr std::chrono::milliseconds kSlowestHeartbeat{5'000};
constexpr std::chrono::milliseconds kQuickestHeartbeat{50};

std::chrono::milliseconds heartbeat_of(const IdCacheOptions& options) {
  return std::clamp(options.stale_after / 10, kQuickestHeartbeat, kSlowestHeartbeat);
}

double by_chance() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

int poll_timeout(Follower::Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Follower::Clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000));
}

void throw_refusal(const Source& source, const redis::Reply& reply) {
  if (!reply.is_error()) return;
  throw CommandError(fmt::format("Redis refuses to read {}: {}", to_text(source), reply.text));
}

}  // namespace

Follower::Follower(Source source, const IdCacheOptions& options, Find find, Copy& copy,
                   Freshness& freshness)
    : source_(std::move(source)),
      options_(options),
      find_(std::move(find)),
      copy_(copy),
      freshness_(freshness),
      course_({.resync_interval = options.resync_interval,
               .min_resync_interval = options.min_resync_interval}),
      budget_(options.per_second),
      born_(Clock::now()) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error(fmt::format("cannot make a pipe: {}", base::errno_text(errno)));
  }
  wake_reading_.reset(ends[0]);
  wake_writing_.reset(ends[1]);
}

void Follower::stop() {
  stopping_ = true;
  wake();
}

void Follower::hurry() {
  hurried_ = true;
  wake();
}

void Follower::wake() {
  // A full pipe wakes as well.
  static_cast<void>(::write(wake_writing_.get(), "", 1) == 1);
}

void Follower::run() noexcept {
  const redis::Backoff backoff{.first = 50ms, .cap = 5s};
  while (!stopping()) {
    try {
      follow();
    } catch (const std::exception& error) {
      freshness_.set_trouble(error.what());
    }
    forget_connections();
    const auto again = Clock::now() + backoff.wait(++failures_, by_chance());
    while (!stopping() && Clock::now() < again) turn(again);
  }
}

void Follower::forget_connections() {
  pushes_.reset();
  data_.reset();
  changed_keys_ = {};
  expiries_.clear();
  expiries_known_ = false;
  kind_ = IdCache::Pushes::none;
  was_master_ = false;
  freshness_.set_pushes(kind_);
}

void Follower::follow() {
  settings_ = find_();
  settings_.max_reply_bytes = Line::kMaxReplyBytes;
  if (settings_.client_name.empty()) settings_.client_name = "rqpp-ids";
  const std::optional<bool> listening = open_pushes();
  if (!listening || !open_data()) return;
  kind_ = choose_pushes(*listening);
  freshness_.set_pushes(kind_);
  course_.connected(hears_all(), Clock::now());
  while (!stopping()) go_on();
}

// ---- connections

/// False if Redis does not let us listen; nothing when it is time to stop.
std::optional<bool> Follower::open_pushes() {
  pushes_.emplace(
      settings_, source_, options_.channel, heartbeat_of(options_),
      Pushes::Hear{.changed = [this](const std::string& key) { key_changed(key); },
                   .told = [this](const std::string& news) { told(news); },
                   .heard_all_before = [this](Clock::time_point then) { heard_all_before(then); }});
  pushes_->start();
  try {
    while (!pushes_->line().listening()) {
      if (stopping()) return std::nullopt;
      turn(pushes_->line().deadline().value_or(Clock::now() + 1s));
    }
    return true;
  } catch (const redis::SubscriptionRefused& refusal) {
    no_pushes(refusal.what());
    pushes_.reset();
    return false;
  }
}

bool Follower::open_data() {
  data_.emplace(settings_);
  data_->start();
  while (!data_->ready()) {
    if (stopping()) return false;
    turn(data_->deadline().value_or(Clock::now() + 1s));
  }
  return true;
}

IdCache::Pushes Follower::choose_pushes(bool listening) {
  if (!listening) return IdCache::Pushes::none;
  if (source_.is_prefix() ? pushes_->line().watches_keys() : track()) {
    freshness_.set_trouble({});
    return IdCache::Pushes::tracking;
  }
  if (hear_notifications()) {
    freshness_.set_trouble({});
    return IdCache::Pushes::notifications;
  }
  if (options_.channel.empty()) pushes_.reset();
  return IdCache::Pushes::none;
}

/// What is read with CLIENT CACHING before it is tracked: the beginning of each reading. So Redis
/// tells of the first change since then, and no more until the next reading.
bool Follower::track() {
  const std::string& id = pushes_->line().client_id();
  if (id.empty()) return false;
  redis::Batch batch;
  batch.add("CLIENT", "TRACKING", "ON", "REDIRECT", id, "OPTIN");
  const auto replies = ask(std::move(batch));
  return replies && !replies->at(0).is_error();
}

bool Follower::hear_notifications() {
  redis::Batch batch;
  batch.add("CONFIG", "GET", "notify-keyspace-events");
  const auto replies = ask(std::move(batch));
  if (!replies) return false;
  const redis::Reply& reply = replies->at(0);
  const bool known = reply.elements.size() == 2;
  if (!known || !source_.is_told_by(reply.elements[1].text)) {
    no_pushes(known ? fmt::format("notify-keyspace-events is '{}'", reply.elements[1].text)
                    : reply.text);
    return false;
  }
  pushes_->hear_notifications(source_);
  while (!pushes_->line().listening()) {
    if (stopping()) return false;
    turn(Clock::now() + 1s);
  }
  return true;
}

void Follower::no_pushes(std::string_view why) {
  freshness_.set_trouble(fmt::format(
      "Redis does not tell of changes ({}), so the ids of {} are read anew each {} ms only. Allow "
      "this user CLIENT TRACKING, or set notify-keyspace-events to KA.",
      why, to_text(source_), options_.resync_interval.count()));
}

// ---- following

void Follower::go_on() {
  const auto now = Clock::now();
  if (pushes_) pushes_->keep_asking(now);
  expire_before(now);
  if (checks_due() <= now) {
    check_keys();
  } else if (reading_due() > now) {
    const auto next = std::min({checks_due(), reading_due(), expiries_.first()});
    turn(pushes_ ? std::min(next, pushes_->next()) : next);
  } else if (course_.reading()) {
    read_page();
  } else {
    begin_reading();
  }
}

Follower::Clock::time_point Follower::checks_due() const {
  if (changed_keys_.empty()) return Clock::time_point::max();
  const std::chrono::milliseconds collect = std::min(options_.min_resync_interval, kCollect);
  return std::max(changed_keys_.since() + collect, budget_.next());
}

Follower::Clock::time_point Follower::reading_due() const {
  return course_.reading() ? budget_.next() : std::max(course_.due(), budget_.next());
}

/// A master that has become a replica may be one that nobody feeds any more: its address is asked
/// again for the one that is written to. Where this user may not ask, nobody knows.
bool Follower::is_demoted() {
  const auto replies = ask(std::move(redis::Batch{}.add("ROLE")));
  if (!replies || !replies->front().is_array() || replies->front().elements.empty()) return false;
  const bool is_master = replies->front().elements.front().text == "master";
  return std::exchange(was_master_, is_master) && !is_master;
}

void Follower::begin_reading() {
  if (is_demoted()) {
    throw ConnectionError(
        fmt::format("{} has become a replica.", redis::to_display(data_->settings())));
  }
  if (stopping()) return;
  course_.began(Clock::now());
  copy_.begin_round();
  cursor_ = redis::kFirstCursor;
  unlearned_.clear();
  if (minds_expiries() && !source_.is_prefix()) unlearned_.push_back(source_.name);
  if (minds_expiries() && source_.is_prefix() && !ask_whether_keys_expire()) return;
  read_page();
}

void Follower::read_page() {
  const std::vector<std::string> learnt = std::exchange(unlearned_, {});
  redis::Batch batch = ask_expiries(learnt);
  const bool arms =
      cursor_ == redis::kFirstCursor && kind_ == IdCache::Pushes::tracking && !source_.is_prefix();
  if (arms) batch.add("CLIENT", "CACHING", "YES");
  const redis::ScanTarget target = source_.target();
  batch.append(redis::scan_page(target, cursor_));
  copy_.ask();
  const auto asked = Clock::now();
  auto replies = ask(std::move(batch));
  if (!replies) return;
  const auto own = std::span(*replies).subspan(learnt.size());
  for (const redis::Reply& reply : own) throw_refusal(source_, reply);
  take_expiries(learnt, *replies, asked);
  redis::ScanPage page = redis::read_scan_page(target.kind, std::move(own.back()));
  const auto found = static_cast<std::int64_t>(page.elements.size() / source_.stride());
  budget_.spend(std::max(target.count, found) + std::ssize(learnt), Clock::now());
  note_unlearned(page.elements);
  if (!copy_.take_page(page.elements, source_.stride())) return;
  cursor_ = std::move(page.cursor);
  if (cursor_ == redis::kFirstCursor) end_reading();
}

void Follower::end_reading() {
  if (!unlearned_.empty()) {
    const std::vector<std::string> learnt = std::exchange(unlearned_, {});
    const auto asked = Clock::now();
    const auto replies = ask(ask_expiries(learnt));
    if (!replies) return;
    take_expiries(learnt, *replies, asked);
  }
  expiries_known_ = true;
  copy_.end_round();
  course_.ended(Clock::now());
  freshness_.set_as_of(*course_.as_of());
  if (kind_ != IdCache::Pushes::none) freshness_.set_trouble({});
  failures_ = 0;
}

// No polling: each key once after Redis has told that it changed, by hundreds, within the budget.
// A push names the key, but not whether it is there now.
void Follower::check_keys() {
  constexpr std::int64_t kNoSuchKey = -2;
  const std::vector<std::string> keys = changed_keys_.take(kChecksAtOnce);
  redis::Batch batch;
  // Whether it is there, and until when.
  for (const std::string& key : keys) batch.add("PTTL", key);
  copy_.ask();
  const auto asked = Clock::now();
  const auto replies = ask(std::move(batch));
  if (!replies) return;
  std::vector<Copy::Check> checks;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    throw_refusal(source_, replies->at(i));
    checks.push_back({.id = keys[i], .there = replies->at(i).number != kNoSuchKey});
    take_expiry(keys[i], replies->at(i), asked);
  }
  budget_.spend(static_cast<std::int64_t>(keys.size()), Clock::now());
  if (!copy_.take_checks(checks)) course_.changed();
  changed_keys_.settled(keys.size());
  if (const auto then = changed_keys_.settled_before()) {
    course_.heard_all_before(*then);
    if (course_.as_of()) freshness_.set_as_of(*course_.as_of());
  }
}

// ---- what is pushed

void Follower::key_changed(const std::string& key) {
  if (!source_.is_prefix()) {
    if (key.empty() || key == source_.name) course_.changed();
    return;
  }
  if (!key.starts_with(source_.name) && !key.empty()) return;
  if (changed_keys_.empty()) changed_keys_.set_since(Clock::now());
  if (key.empty() || !changed_keys_.add(key)) course_.changed();
}

void Follower::told(std::string_view news) {
  if (news.starts_with('+')) copy_.add(news.substr(1));
  if (news.starts_with('-')) copy_.remove(news.substr(1));
}

void Follower::heard_all_before(Clock::time_point then) {
  if (!hears_all()) return;
  expire_before(then);
  changed_keys_.heard_all_before(then);
  const auto settled = changed_keys_.settled_before();
  if (!settled) return;
  course_.heard_all_before(*settled);
  if (course_.as_of()) freshness_.set_as_of(*course_.as_of());
}

// ---- waiting

/// Nothing when it is time to stop.
std::optional<Follower::Replies> Follower::ask(redis::Batch batch) {
  data_->send(std::move(batch));
  data_->flush();
  for (;;) {
    if (auto replies = data_->next_reply()) return replies;
    if (stopping()) return std::nullopt;
    turn(data_->deadline().value_or(Clock::now() + 1s));
  }
}

/// Waits until something comes, or for so long, and takes it.
void Follower::turn(Clock::time_point until) {
  if (!stale_told_) until = std::min(until, freshness_.as_of_or(born_) + options_.stale_after);
  std::array<pollfd, 3> fds{{{wake_reading_.get(), POLLIN, 0}, {-1, 0, 0}, {-1, 0, 0}}};
  if (pushes_) fds[1] = {pushes_->line().fd(), pushes_->line().events(), 0};
  if (data_) fds[2] = {data_->fd(), data_->events(), 0};
  ::poll(fds.data(), fds.size(), poll_timeout(until));
  if (fds[0].revents != 0) take_hurry();
  const auto now = Clock::now();
  if (data_) {
    data_->step(fds[2].revents);
    data_->check_deadline(now);
  }
  if (pushes_) pushes_->step(fds[1].revents, now);
  tell_if_stale();
}

void Follower::take_hurry() {
  std::array<char, 64> bytes{};
  while (::read(wake_reading_.get(), bytes.data(), bytes.size()) > 0) {
  }
  if (!hurried_.exchange(false)) return;
  if (hears_all()) {
    pushes_->ask(Clock::now());
  } else {
    course_.hurry();
  }
}

void Follower::tell_if_stale() {
  const bool stale = Clock::now() - freshness_.as_of_or(born_) > options_.stale_after;
  if (stale && !stale_told_ && options_.on_stale) options_.on_stale();
  stale_told_ = stale;
}

}  // namespace rqpp::mirror
