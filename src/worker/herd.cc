#include "worker/herd.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <span>
#include <utility>

#include "protocol/incarnation.h"
#include "worker/describe_exit.h"
#include "worker/usage.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

Assignment assignment_of(const protocol::JobRecord& job, const protocol::Execution& run) {
  return {.job_id = job.id,
          .execution_id = run.id,
          .queue = run.queue,
          .worker = std::string(protocol::name_of(run.worker)),
          .description = job.description,
          .data = job.data,
          .meta = job.meta,
          .timeout_seconds = job.timeout_seconds};
}

}  // namespace

Herd::Herd(Stable stable, StableOptions options, OutputLanes::Options output, const base::Log& log)
    : options_(std::move(options)), output_(output, log), log_(log) {
  stables_.push_back(std::move(stable));
}

void Herd::perform(const ForkHorse& action) {
  try {
    if (fork_anew_) {
      stables_.push_back(Stable::start(options_));
      fork_anew_ = false;
    }
    const int lane = output_.take();
    horses_[action.horse] = {.stable = &stables_.back(), .lane = lane};
    stables_.back().fork_horse(action.horse, lane,
                               lane == 0 ? std::array{-1, -1} : output_.ends_of(lane));
  } catch (const Error& error) {
    log_.error(fmt::format("{}; trying again", error.what()));
    untold_.emplace_back(HorseNotForked{action.horse});
  }
}

// Whatever is known of it has been told.
void Herd::forget(int id) {
  const auto found = horses_.find(id);
  if (found == horses_.end()) return;
  for (const int closed : output_.give_back(found->second.lane)) {
    for (Stable& stable : stables_) stable.close_lane(closed);
  }
  horses_.erase(found);
}

void Herd::perform(const SignalHorse& action) {
  const auto found = horses_.find(action.horse);
  if (found == horses_.end()) return;
  // It is meant for the job that runs. No other one of its row must begin, and one that has begun
  // meanwhile must not be hit.
  const std::uint32_t meant = run_of(found->second);
  if (call_off_row(action.horse, found->second) && run_of(found->second) != meant) return;
  found->second.stable->signal_horse(action.horse, action.signal);
}

std::uint32_t Herd::run_of(const Horse& horse) {
  return horse.given.empty() ? 0 : horse.given.front().run;
}

void Herd::perform(const ReplaceStable&) {
  fork_anew_ = true;
  log_.info("modules are loaded anew for the next jobs");
}

void Herd::perform(const Assign& action) {
  Assignment assignment = assignment_of(action.job, action.run);
  assignment.results = action.results;
  assignment.last = action.last;
  assignment.place = action.place;
  assignment.more = action.more;
  assign(action.horse, std::move(assignment));
}

void Herd::perform(const AssignCallback& action) {
  Assignment assignment = assignment_of(action.job, action.run);
  assignment.callback = action.callback.task;
  assignment.callback_is_foreign = action.callback.foreign;
  assignment.ended_as = action.callback.when;
  assignment.told = action.told;
  assign(action.horse, std::move(assignment));
}

void Herd::assign(int id, Assignment assignment) {
  const auto found = horses_.find(id);
  if (found == horses_.end()) return;  // its end is reported already
  Horse& horse = found->second;
  if (assignment.place == 0) {
    horse.given.clear();
    output_.begin(horse.lane, assignment.job_id);
    if (assignment.more && !begin_row(horse)) horse.row = 0;
  }
  if (assignment.more || assignment.place > 0) assignment.row = horse.row;
  assignment.run = ++horse.last_run;
  horse.given.push_back({assignment.job_id, assignment.run});
  horse.channel.send(assignment);
  if (!assignment.more) horse.channel.flush();
}

/// Without a slate the horse runs a row as well, and reports each end over its channel.
bool Herd::begin_row(Horse& horse) {
  try {
    if (!horse.slate) {
      Slate slate;
      horse.channel.send(UseSlate{}, slate.share());
      horse.slate = std::move(slate);
    }
    horse.row = horse.slate->open(Slate::Clock::now());
    return true;
  } catch (const Error& error) {
    log_.warning(error.what());
    return false;
  }
}

void Herd::perform(const Recall& action) {
  const auto found = horses_.find(action.horse);
  if (found == horses_.end()) return;
  (void)call_off_row(action.horse, found->second);
}

/// No other job of the row begins. False if there is no row, or it holds nonsense.
bool Herd::call_off_row(int id, Horse& horse) {
  if (!horse.slate || horse.row == 0 || horse.given.size() < 2) return false;
  horse.slate->close();
  if (!take_notes(id, horse, untold_)) return false;
  untold_.emplace_back(Recalled{id});
  return true;
}

void Herd::perform(const RetireHorse& action) {
  const auto found = horses_.find(action.horse);
  if (found != horses_.end()) found->second.channel.close();
}

void Herd::give_up(int id, const std::string& why) {
  const auto found = horses_.find(id);
  if (found == horses_.end()) return;
  found->second.given_up = fmt::format("The job could not be given to its process: {}", why);
  found->second.stable->signal_horse(id, SIGKILL);
}

void Herd::flush() {
  for (Stable& stable : stables_) stable.flush();
}

void Herd::watch(std::vector<pollfd>& fds) const {
  for (const Stable& stable : stables_) {
    fds.push_back({.fd = stable.fd(), .events = stable.events(), .revents = 0});
  }
  output_.watch(fds);
  for (const auto& [id, horse] : horses_) {
    if (!horse.channel.is_open()) continue;
    short events = horse.channel.events();
    if (!backlog_.may_read(id)) events = static_cast<short>(events & ~POLLIN);
    if (events == 0) continue;  // else poll would tell at once that a dead one has ended
    fds.push_back({.fd = horse.channel.fd(), .events = events, .revents = 0});
  }
}

std::vector<Herd::News> Herd::step(std::span<const pollfd> fds) {
  std::vector<News> news = std::exchange(untold_, {});
  // What a job writes is its own: which one runs stands on the slates.
  for (auto& [id, horse] : horses_) take_notes(id, horse, news);
  output_.step(fds);
  // Outcomes first: an exit that is reported in the same moment comes after them.
  for (auto& [id, horse] : horses_) {
    if (!horse.channel.is_open()) continue;
    for (const pollfd& it : fds) {
      if (it.fd != horse.channel.fd() || it.revents == 0) continue;
      if ((it.revents & POLLOUT) != 0) horse.channel.flush();
      if ((it.revents & ~POLLOUT) != 0) take_frames(id, horse.channel.read(), news);
      break;
    }
  }
  for (Stable& stable : stables_) {
    for (const pollfd& it : fds) {
      if (it.fd != stable.fd() || it.revents == 0) continue;
      for (Stable::Report& report : stable.step(it.revents)) {
        take_report(stable, std::move(report), news);
      }
      break;
    }
  }
  end_empty_stables();
  return news;
}

void Herd::take_report(Stable& stable, Stable::Report report, std::vector<News>& news) {
  std::visit(
      Overloaded{[&](Stable::Born& born) {
                   horses_[born.horse].channel = HorseChannel(std::move(born.socket));
                   news.emplace_back(HorseReady{born.horse});
                 },
                 [&](const HorseExited& exited) { take_exit(exited, news); },
                 [&](const ForkFailed& failed) {
                   log_.error(fmt::format("cannot fork a horse: {}; trying again", failed.reason));
                   forget(failed.horse);
                   news.emplace_back(HorseNotForked{failed.horse});
                 },
                 [&](const ModuleRefused& refused) {
                   log_.warning(
                       fmt::format("jobs of this module will not run here: {}", refused.why));
                 },
                 [&](const Stable::Gone& gone) { take_death(stable, gone.why, news); }},
      report);
}

void Herd::take_exit(const HorseExited& exited, std::vector<News>& news) {
  HorseEnded ended{exited.horse, describe_exit(exited), exited.usage, {}};
  const auto found = horses_.find(exited.horse);
  if (found != horses_.end()) {
    // Its last words may still be unread.
    Horse& horse = found->second;
    if (horse.slate) horse.slate->close();
    take_notes(exited.horse, horse, news);
    if (horse.channel.is_open()) take_frames(exited.horse, horse.channel.read_rest(), news);
    ended.usage = spent_between(horse.spent, exited.usage);
    ended.written = output_.end(horse.lane);
    if (!horse.given_up.empty()) ended.exit = std::move(horse.given_up);
    forget(exited.horse);
  }
  news.emplace_back(std::move(ended));
}

void Herd::take_death(Stable& stable, const std::string& why, std::vector<News>& news) {
  log_.error(
      fmt::format("the stable, which forks the horses, is gone: {}; a new one takes over", why));
  const std::string text = fmt::format(
      "Work-horse terminated unexpectedly; the stable, the process that it was forked by, "
      "is gone: {}.",
      why);
  std::vector<int> dead;
  for (auto& [id, horse] : horses_) {
    if (horse.stable != &stable) continue;
    if (horse.slate) horse.slate->close();
    take_notes(id, horse, news);
    if (horse.channel.is_open()) take_frames(id, horse.channel.read_rest(), news);
    HorseEnded ended{.horse = id, .exit = text};
    ended.written = output_.end(horse.lane);
    news.emplace_back(std::move(ended));
    dead.push_back(id);
  }
  for (const int id : dead) forget(id);
  if (&stable == &stables_.back()) fork_anew_ = true;
}

/// Those that fork no more and have no horse left.
void Herd::end_empty_stables() {
  stables_.remove_if([this](const Stable& stable) {
    if (&stable == &stables_.back() && !fork_anew_) return false;
    return std::none_of(horses_.begin(), horses_.end(),
                        [&stable](const auto& item) { return item.second.stable == &stable; });
  });
}

/// What a horse has noted of its row. False if it was nonsense.
bool Herd::take_notes(int id, Horse& horse, std::vector<News>& news) {
  if (!horse.slate || horse.row == 0 || horse.given.size() < 2) return true;
  try {
    for (Slate::Note& note : horse.slate->take(Slate::Clock::now())) {
      if (horse.given.size() < 2) throw DecodeError("it has ended more jobs than it was given");
      if (note.outcome.run != run_of(horse)) throw DecodeError("its slate names another run");
      // A horse notes nothing while its pipes are not empty: what is there now is of a later job.
      take_end(id, horse, std::move(note.outcome), {}, JobEnded::GoesOn{note.began, note.ended},
               news);
    }
    return true;
  } catch (const DecodeError& error) {
    kill(id, horse, error.what());
    horse.row = 0;
    return false;
  }
}

void Herd::take_end(int id, Horse& horse, Outcome outcome, std::string written,
                    std::optional<JobEnded::GoesOn> goes_on, std::vector<News>& news) {
  horse.spent.user_cpu += outcome.usage.user_cpu;
  horse.spent.system_cpu += outcome.usage.system_cpu;
  if (goes_on) {
    horse.given.pop_front();
    output_.begin(horse.lane, horse.given.front().job_id);
  } else {
    horse.given.clear();
  }
  news.emplace_back(JobEnded{id, std::move(outcome), std::move(written), goes_on});
}

void Herd::kill(int id, Horse& horse, const std::string& why) {
  horse.given_up = fmt::format(
      "Work-horse terminated: it was killed because its worker could not take what it sent: {}.",
      why);
  log_.error(fmt::format("horse {} speaks nonsense and is killed: {}", id, why));
  horse.stable->signal_horse(id, SIGKILL);
}

void Herd::take_frames(int id, Arrivals<FromHorse> arrivals, std::vector<News>& news) {
  Horse& horse = horses_.at(id);
  for (FromHorse& frame : arrivals.frames) {
    take_notes(id, horse, news);  // it has written them before
    take_frame(id, horse, std::move(frame), news);
  }
  if (!arrivals.ended) return;
  horse.channel.close();
  if (!arrivals.trouble.empty()) kill(id, horse, arrivals.trouble);
}

/// For what Redis is asked.
template <class Frame>
void Herd::ask(int id, Frame frame, std::size_t bytes, std::vector<News>& news) {
  const Receipt receipt{.horse = id, .bytes = bytes + sizeof(Frame)};
  backlog_.add(receipt);
  news.emplace_back(Asked<Frame>{horses_.at(id).given.front().job_id, std::move(frame), receipt});
}

void Herd::take_frame(int id, Horse& horse, FromHorse frame, std::vector<News>& news) {
  // A horse speaks for the job that runs there. What is left of an earlier one, whose process or
  // thread was not asked any more, is dropped.
  const auto is_current = [&horse](std::uint32_t run) {
    return !horse.given.empty() && run == run_of(horse);
  };
  std::visit(
      Overloaded{[&](Outcome& outcome) {
                   if (!is_current(outcome.run)) return;
                   std::optional<JobEnded::GoesOn> goes_on;
                   if (horse.row == 0 && horse.given.size() > 1) {
                     const auto now = Slate::Clock::now();
                     goes_on = {now, now};
                   }
                   take_end(id, horse, std::move(outcome), output_.end(horse.lane), goes_on, news);
                 },
                 [&](MetaSaved& saved) {
                   if (!is_current(saved.run)) return;
                   if (saved.job_id != horse.given.front().job_id) return;
                   const std::size_t bytes = saved.meta.size();
                   ask(id, std::move(saved), bytes, news);
                 },
                 [&](EnqueueRequest& request) {
                   if (!is_current(request.run)) return;
                   const std::size_t bytes = request.job.data.size() + request.job.meta.size() +
                                             request.job.description.size();
                   ask(id, std::move(request), bytes, news);
                 },
                 [&](const ModuleLoaded& loaded) { horse.stable->preload(loaded.module); }},
      frame);
}

}  // namespace rqpp::worker
