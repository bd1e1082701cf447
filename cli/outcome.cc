#include "outcome.h"

#include <fmt/format.h>

#include <string_view>

#include "base/printable.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

template <class Ask>
Ending ending_of(const Ask& ask) {
  try {
    return ask();
  } catch (const TaskError& error) {
    return {kFailed, {}, first_line(error.what())};
  } catch (const NoSuchJob& error) {
    return {kNoSuchJob, {}, error.what()};
  } catch (const DecodeError& error) {
    return {kFailed, {}, first_line(error.what())};
  }
}

}  // namespace

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

Ending see_ending(const AnyJob& job) {
  return ending_of([&job]() -> Ending {
    if (auto value = job.result()) return {kDone, std::move(value), {}};
    return {kUnfinished,
            {},
            fmt::format("job '{}' has not ended: it is {}. Use --wait to wait for it.", job.id(),
                        to_string(job.status()))};
  });
}

Ending await_ending(const AnyJob& job, std::chrono::seconds timeout) {
  return ending_of([&job, timeout]() -> Ending {
    try {
      return {kDone, job.wait(timeout), {}};
    } catch (const TimeoutError& error) {
      return {kUnfinished, {}, error.what()};
    }
  });
}

int add_ending(Json& told, const Ending& ending) {
  if (ending.value) {
    told["result"] = to_json(*ending.value);
  } else {
    told["error"] = ending.why;
  }
  return ending.exit_code;
}

int say_ending(Context& context, const Ending& ending) {
  if (ending.value) {
    context.say(base::printable(ending.value->repr()));
  } else {
    context.complain(base::printable(ending.why));
  }
  return ending.exit_code;
}

}  // namespace rqpp::cli
