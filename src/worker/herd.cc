#include "worker/herd.h"

#include <fmt/format.h>

#include <csignal>
#include <span>
#include <utility>

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

}  // namespace

void Herd::perform(const ForkHorse& action) {
  const int lane = output_.take();
  horses_[action.horse].lane = lane;
  stable_.fork_horse(action.horse, lane, lane == 0 ? std::array{-1, -1} : output_.ends_of(lane));
}

// Whatever is known of it has been told.
void Herd::forget(int id) {
  const auto found = horses_.find(id);
  if (found == horses_.end()) return;
  output_.give_back(found->second.lane);
  horses_.erase(found);
}

void Herd::perform(const Assign& action) {
  const auto found = horses_.find(action.horse);
  if (found == horses_.end()) return;  // its end is reported already
  found->second.job_id = action.job.id;
  output_.begin(found->second.lane, action.job.id);
  found->second.channel.send(Assignment{.job_id = action.job.id,
                                        .execution_id = action.run.id,
                                        .queue = action.run.queue,
                                        .worker = action.run.worker,
                                        .description = action.job.description,
                                        .data = action.job.data,
                                        .meta = action.job.meta,
                                        .timeout_seconds = action.job.timeout_seconds});
  found->second.channel.flush();
}

void Herd::perform(const RetireHorse& action) {
  const auto found = horses_.find(action.horse);
  if (found != horses_.end()) found->second.channel.close();
}

void Herd::flush() { stable_.flush(); }

void Herd::watch(std::vector<pollfd>& fds) const {
  fds.push_back({.fd = stable_.fd(), .events = stable_.events(), .revents = 0});
  output_.watch(fds);
  for (const auto& [id, horse] : horses_) {
    if (!horse.channel.is_open()) continue;
    fds.push_back({.fd = horse.channel.fd(), .events = horse.channel.events(), .revents = 0});
  }
}

std::vector<Herd::News> Herd::step(std::span<const pollfd> fds) {
  std::vector<News> news;
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
  for (const pollfd& it : fds) {
    if (it.fd != stable_.fd() || it.revents == 0) continue;
    for (Stable::Report& report : stable_.step(it.revents)) take_report(std::move(report), news);
    break;
  }
  return news;
}

void Herd::take_report(Stable::Report report, std::vector<News>& news) {
  std::visit(
      Overloaded{[&](Stable::Born& born) {
                   horses_[born.horse].channel = HorseChannel(std::move(born.socket));
                   news.emplace_back(HorseReady{born.horse});
                 },
                 [&](const HorseExited& exited) {
                   const auto found = horses_.find(exited.horse);
                   HorseEnded ended{exited.horse, describe_exit(exited), exited.usage, {}};
                   if (found != horses_.end()) {
                     // Its last words may still be unread.
                     Horse& horse = found->second;
                     if (horse.channel.is_open()) {
                       take_frames(exited.horse, horse.channel.read_rest(), news);
                     }
                     ended.usage = spent_between(horse.spent, exited.usage);
                     ended.written = output_.end(horse.lane);
                     forget(exited.horse);
                   }
                   news.emplace_back(std::move(ended));
                 },
                 [&](const ForkFailed& failed) {
                   log_.error(fmt::format("cannot fork a horse: {}; trying again", failed.reason));
                   forget(failed.horse);
                   news.emplace_back(HorseNotForked{failed.horse});
                 },
                 [&](const Stable::Gone& gone) {
                   throw Error(
                       fmt::format("the stable, which forks the horses, is gone: {}", gone.why));
                 }},
      report);
}

void Herd::take_frames(int id, Arrivals<FromHorse> arrivals, std::vector<News>& news) {
  Horse& horse = horses_.at(id);
  for (FromHorse& frame : arrivals.frames) take_frame(id, horse, std::move(frame), news);
  if (!arrivals.ended) return;
  horse.channel.close();
  if (!arrivals.trouble.empty()) {
    log_.error(fmt::format("horse {} speaks nonsense and is killed: {}", id, arrivals.trouble));
    stable_.signal_horse(id, SIGKILL);
  }
}

void Herd::take_frame(int id, Horse& horse, FromHorse frame, std::vector<News>& news) {
  std::visit(
      Overloaded{[&](Outcome& outcome) {
                   horse.job_id.clear();
                   horse.spent.user_cpu += outcome.usage.user_cpu;
                   horse.spent.system_cpu += outcome.usage.system_cpu;
                   news.emplace_back(JobEnded{id, std::move(outcome), output_.end(horse.lane)});
                 },
                 [&](MetaSaved& saved) {
                   // A horse speaks for its own job only.
                   if (saved.job_id == horse.job_id) news.emplace_back(std::move(saved));
                 },
                 [&](EnqueueRequest& request) { news.emplace_back(std::move(request)); },
                 [&](const ModuleLoaded& loaded) { stable_.preload(loaded.module); }},
      frame);
}

}  // namespace rqpp::worker
