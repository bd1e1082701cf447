#include "worker/callback.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace rqpp::worker {
namespace {

std::optional<Status> told_as(const Verdict& verdict) {
  if (const auto* back = std::get_if<protocol::PutBack>(&verdict)) {
    return back->retries_left ? std::optional(Status::failed) : std::nullopt;
  }
  const End& end = std::get<End>(verdict);
  if (end.outcome.kind == Outcome::Kind::run_again) return std::nullopt;
  return end.status;
}

}  // namespace

const protocol::JobCallback* callback_for(const protocol::JobRecord& job, const Verdict& verdict) {
  if (job.callbacks.empty()) return nullptr;
  const std::optional<Status> status = told_as(verdict);
  const auto found = std::find_if(job.callbacks.begin(), job.callbacks.end(),
                                  [&](const auto& callback) { return status == callback.when; });
  return found == job.callbacks.end() ? nullptr : &*found;
}

std::string told_of(const Verdict& verdict, std::string error) {
  const auto* end = std::get_if<End>(&verdict);
  if (end == nullptr) return error;
  return end->status == Status::finished ? end->outcome.return_value : end->outcome.exc_info;
}

std::string callback_error(const protocol::JobCallback& callback, const Outcome& outcome) {
  return fmt::format("Its callback '{}' failed:\n{}", callback.task, outcome.exc_info);
}

}  // namespace rqpp::worker
