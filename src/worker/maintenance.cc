#include "worker/maintenance.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rqpp::worker {

std::optional<Maintain> Maintenance::next(Moment::Steady now) {
  if (asked_ || interval_ <= std::chrono::seconds{0}) return std::nullopt;
  if (now < not_before_ && !stopped_) return std::nullopt;
  if (!step_ && !stopped_ && now >= due_) {
    due_ = now + interval_;
    queue_ = 0;
    step_ = lock_next_queue();
  }
  asked_ = step_.has_value();
  return step_;
}

Moment::Steady Maintenance::due() const {
  if (asked_ || interval_ <= std::chrono::seconds{0}) return Moment::Steady::max();
  if (step_) return stopped_ ? Moment::Steady::min() : not_before_;
  return stopped_ ? Moment::Steady::max() : std::max(due_, not_before_);
}

void Maintenance::done(const Maintained& answer) {
  if (!step_ || !asked_) return;
  asked_ = false;
  step_ = following(*step_, answer);
}

void Maintenance::stop() {
  stopped_ = true;
  if (!step_ || asked_) return;
  step_ = following(*step_, {.refused = true});
}

std::optional<Maintain> Maintenance::following(const Maintain& step, const Maintained& answer) {
  const bool has_lock = step.part == Part::registries || step.part == Part::deferred ||
                        step.part == Part::look_again || step.part == Part::abandoned ||
                        step.part == Part::workers || (step.part == Part::lock && answer.got);
  if (answer.refused || stopped_) {
    names_.clear();
    return has_lock ? Next(Maintain{.part = Part::unlock, .queue = step.queue}) : std::nullopt;
  }
  const bool last_page = answer.cursor == "0";
  Maintain again = step;
  again.cursor = answer.cursor;
  switch (step.part) {
    case Part::lock:
      if (!answer.got) return lock_next_queue();
      return Maintain{.part = Part::registries, .queue = step.queue};
    case Part::registries:
      if (answer.more) return step;
      deferred_pages_ = 0;
      deferred_cursors_.try_emplace(step.queue, "0");
      return Maintain{
          .part = Part::deferred, .queue = step.queue, .cursor = deferred_cursors_.at(step.queue)};
    case Part::deferred:
      deferred_cursors_[step.queue] = answer.cursor;
      ++deferred_pages_;
      names_ = answer.names;
      return next_deferred(step.queue);
    case Part::look_again:
      again.jobs = answer.names;
      if (!again.jobs.empty()) return again;
      return next_deferred(step.queue);
    case Part::abandoned:
      again.runs_left = answer.runs_left;
      again.ids_left = answer.ids_left;
      if (answer.more) return again;
      return Maintain{.part = Part::workers, .queue = step.queue};
    case Part::workers:
      if (!last_page) return again;
      return Maintain{.part = Part::unlock, .queue = step.queue};
    case Part::unlock:
      return lock_next_queue();
    case Part::common_lock:
      if (!answer.got) return std::nullopt;
      return Maintain{.part = Part::all_workers};
    case Part::all_workers:
      if (!last_page) return again;
      return Maintain{.part = Part::groups};
    case Part::groups:
    case Part::limits:
      names_ = answer.names;
      names_cursor_ = answer.cursor;
      return next_name(step.part);
    case Part::members:
      if (!last_page) return again;
      return next_name(Part::groups);
    case Part::slots:
      if (!last_page) return again;
      return next_name(Part::limits);
  }
  return std::nullopt;
}

std::optional<Maintain> Maintenance::lock_next_queue() {
  if (queue_ == queues_.size()) return Maintain{.part = Part::common_lock};
  return Maintain{.part = Part::lock, .queue = queues_[queue_++]};
}

std::optional<Maintain> Maintenance::next_deferred(const std::string& queue) {
  if (!names_.empty()) {  // A small set comes as a whole, and may be a little larger than a page.
    const auto slice = names_.end() - std::min<std::ptrdiff_t>(std::ssize(names_), 100);
    Maintain step{.part = Part::look_again, .queue = queue, .jobs = {slice, names_.end()}};
    names_.erase(slice, names_.end());
    return step;
  }
  const std::string& cursor = deferred_cursors_.at(queue);
  if (cursor == "0" || deferred_pages_ == kDeferredPages) {
    return Maintain{.part = Part::abandoned, .queue = queue};
  }
  return Maintain{.part = Part::deferred, .queue = queue, .cursor = cursor};
}

std::optional<Maintain> Maintenance::next_name(Part pages) {
  const bool of_groups = pages == Part::groups;
  if (!names_.empty()) {
    Maintain step{.part = of_groups ? Part::members : Part::slots,
                  .name = std::move(names_.back())};
    names_.pop_back();
    return step;
  }
  if (names_cursor_ != "0") return Maintain{.part = pages, .cursor = names_cursor_};
  return of_groups ? Next(Maintain{.part = Part::limits}) : std::nullopt;
}

}  // namespace rqpp::worker
