#include "protocol/worker_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "codec/timestamp.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

template <class Number>
Number number_or_zero(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : Number{};
}

std::optional<Time> time_or_none(const std::string& text) {
  try {
    return codec::parse_iso(text);
  } catch (const DecodeError&) {
    return std::nullopt;
  }
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace

std::optional<WorkerRecord> read_worker(std::string_view name,
                                        std::span<const redis::Reply> values) {
  if (values.size() != kWorkerFields.size()) return std::nullopt;
  bool any = false;
  for (const redis::Reply& value : values) any = any || !value.is_nil();
  if (!any) return std::nullopt;

  return WorkerRecord{.name = std::string(name),
                      .queues = split_at_commas(values[0].text),
                      .state = values[1].text,
                      .hostname = values[2].text,
                      .ip_address = values[3].text,
                      .version = values[4].text,
                      .python_version = values[5].text,
                      .pid = number_or_zero<std::int64_t>(values[6].text),
                      .birth = time_or_none(values[7].text),
                      .last_heartbeat = time_or_none(values[8].text),
                      .current_job = values[9].text,
                      .successful_job_count = number_or_zero<std::int64_t>(values[10].text),
                      .failed_job_count = number_or_zero<std::int64_t>(values[11].text),
                      .total_working_time_seconds = number_or_zero<double>(values[12].text)};
}

std::vector<std::string> worker_fields(const WorkerRecord& worker) {
  const auto time = [](const std::optional<Time>& moment) {
    return moment ? codec::format_iso(*moment) : std::string();
  };
  return {"birth",
          time(worker.birth),
          "last_heartbeat",
          time(worker.last_heartbeat),
          "queues",
          fmt::format("{}", fmt::join(worker.queues, ",")),
          "pid",
          std::to_string(worker.pid),
          "hostname",
          worker.hostname,
          "ip_address",
          worker.ip_address,
          "version",
          worker.version,
          "python_version",
          worker.python_version,
          "state",
          worker.state};
}

}  // namespace rqpp::protocol
