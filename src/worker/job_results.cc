#include "worker/job_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "codec/serialize.h"
#include "protocol/new_job.h"
#include "protocol/queries.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using protocol::ResultRecord;

/// Why the newest result of a job cannot be an argument; empty: it can.
std::string trouble_with(const std::optional<ResultRecord>& newest) {
  if (!newest) return "is gone, or it has none";
  return newest->type == ResultRecord::Type::successful ? "" : "is none: it did not return";
}

std::string name_of(const std::string& place) {
  const bool is_number = place.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? fmt::format("argument {}", std::atoi(place.c_str()) + 1)
                   : fmt::format("argument '{}'", place);
}

}  // namespace

void take_result(ClaimedJob& job, const std::string& place, const std::string& id,
                 const redis::Reply& reply) {
  try {
    const auto results = protocol::read_results(reply);
    const auto newest = results.empty() ? std::nullopt : std::optional(results.front());
    const std::string trouble = trouble_with(newest);
    const auto kept = newest ? std::nullopt : protocol::kept_argument(job.job.arguments, id);
    if (kept) {
      job.results.emplace_back(place, *kept);
    } else if (trouble.empty()) {
      job.results.emplace_back(place, newest->return_value);
    } else if (job.error.empty()) {
      job.error = fmt::format("{} of the job is the result of job '{}', which {}", name_of(place),
                              id, trouble);
    }
  } catch (const DecodeError& error) {
    job.error = fmt::format("{} of the job is the result of job '{}', which nobody can read: {}",
                            name_of(place), id, error.what());
  }
}

void check_size(ClaimedJob& job, std::size_t most) {
  // What a frame has besides these is small.
  constexpr std::size_t kRest = std::size_t{1} << 20;
  std::size_t bytes =
      kRest + job.job.data.size() + job.job.meta.size() + job.job.description.size();
  for (const auto& [place, result] : job.results) bytes += place.size() + result.size();
  if (bytes <= most || !job.error.empty()) return;
  job.error = fmt::format(
      "the job is too large: with its description, its meta and the results that "
      "are its arguments it has {} bytes, and {} MiB are the most",
      bytes - kRest, most >> 20);
  job.job.data.clear();
  job.job.meta.clear();
  job.results.clear();
}

void fill_in(Call& call, std::span<const JobResult> results) {
  for (const auto& result : results) {
    const std::string& place = result.first;
    Value value = result.second.empty() ? Value() : codec::deserialize(result.second);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), number);
    if (error == std::errc() && end == place.data() + place.size()) {
      if (number >= call.args.size()) {
        throw DecodeError(fmt::format("the call has no argument {} for a result", number + 1));
      }
      call.args[number] = std::move(value);
      continue;
    }
    const auto keyword = std::find_if(call.kwargs.begin(), call.kwargs.end(),
                                      [&](const auto& it) { return it.first == place; });
    if (keyword == call.kwargs.end()) {
      throw DecodeError(fmt::format("the call has no argument '{}' for a result", place));
    }
    keyword->second = std::move(value);
  }
}

}  // namespace rqpp::worker
