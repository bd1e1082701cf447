#include "doctor/recording.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "doctor/facts_json.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;
constexpr double kMostSeconds = 1e10;

std::string written(const json& line) {
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

/// Other numbers may be any: what reads samples takes them so. A clock has to go.
bool is_time(double seconds) { return seconds >= 0 && seconds <= kMostSeconds; }

/// The half of the commands in which Redis spent most time.
void halve(std::map<std::string, CommandCount>& commands) {
  std::vector<std::int64_t> times;
  for (const auto& [name, count] : commands) times.push_back(count.usec);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  if (middle == times.end()) return;
  std::nth_element(times.begin(), middle, times.end());
  const std::size_t kept = commands.size() / 2;
  for (auto each = commands.begin(); each != commands.end() && commands.size() > kept;) {
    each = each->second.usec <= *middle ? commands.erase(each) : std::next(each);
  }
}

std::string line_of_all(const Moment& moment) {
  return written({{"moment", json::parse(to_json_text(moment.sample))},
                  {"calls", moment.spent.calls},
                  {"bytes_out", moment.spent.bytes_out},
                  {"bytes_in", moment.spent.bytes_in}});
}

/// The JSON of a line, or a discarded one. Deep ones are no lines of ours, and would take a deep
/// stack to write again.
json parse(std::string_view line) {
  constexpr int kMostDepth = 16;
  bool flat = true;
  const auto check = [&flat](int depth, json::parse_event_t, const json&) {
    flat = flat && depth <= kMostDepth;
    return flat;
  };
  json parsed = json::parse(line, check, false);
  return flat ? parsed : json(json::value_t::discarded);
}

/// A part of a line in the form in which facts_json reads it.
std::string part_of(const json& line, const char* name) { return line.at(name).dump(); }

Opening opening_of(const json& line) {
  return {.started = line.at("started").get<std::int64_t>(),
          .url = line.at("url").get<std::string>(),
          .server = facts_of_json(json{{"server", line.at("server")}}.dump()).server};
}

Moment moment_of(const json& line) {
  return {.sample = sample_of_json(part_of(line, "moment")),
          .spent = {.calls = line.at("calls").get<std::map<std::string, std::int64_t>>(),
                    .bytes_out = line.at("bytes_out").get<std::int64_t>(),
                    .bytes_in = line.at("bytes_in").get<std::int64_t>()}};
}

std::optional<RecordedLine> line_of_json(const json& line) {
  if (line.contains("recording")) {
    if (line["recording"] != kFormat) return std::nullopt;
    return opening_of(line);
  }
  if (line.contains("moment")) {
    Moment moment = moment_of(line);
    if (!is_time(moment.sample.at_seconds)) return std::nullopt;
    return moment;
  }
  if (!line.contains("facts")) return std::nullopt;
  return facts_of_json(part_of(line, "facts"));
}

}  // namespace

std::string line_of(const Opening& opening) {
  return written(
      {{"recording", kFormat},
       {"started", opening.started},
       {"url", opening.url},
       {"server", json::parse(to_json_text(Facts{.server = opening.server}))["server"]}});
}

std::string line_of(const Moment& moment) {
  std::string line = line_of_all(moment);
  if (line.size() <= kMostMomentBytes) return line;
  Moment shorter = moment;
  shorter.sample.errors.clear();
  while (line.size() > kMostMomentBytes && !shorter.sample.by_command.empty()) {
    halve(shorter.sample.by_command);
    line = line_of_all(shorter);
  }
  return line.size() <= kMostMomentBytes ? line : std::string();
}

std::string line_of(const Facts& facts) {
  std::string line = written({{"facts", json::parse(to_json_text(facts))}});
  return line.size() <= kMostLineBytes ? line : std::string();
}

std::optional<RecordedLine> read_line(std::string_view line) {
  if (line.size() > kMostLineBytes) return std::nullopt;
  const json parsed = parse(line);
  if (!parsed.is_object()) return std::nullopt;
  try {
    return line_of_json(parsed);
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const DecodeError&) {
    return std::nullopt;
  }
}

}  // namespace rqpp::doctor
