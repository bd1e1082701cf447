#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/printable.h"
#include "overview.h"
#include "protocol/scheduling.h"

namespace rqpp::cli {
namespace {

constexpr const char* kRed = "31";
constexpr const char* kGreen = "32";
constexpr const char* kYellow = "33";

std::string colored(std::string text, const char* color, const Look& look) {
  if (!look.colors) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

std::string state_of(const protocol::WorkerRecord& worker, const Look& look) {
  const std::string state = base::printable(worker.state);
  if (look.raw) return state;
  if (state == "busy") return colored(state, kRed, look);
  if (state == "idle") return colored(state, kGreen, look);
  if (state == "suspended") return colored(state, kYellow, look);
  return state;
}

// As RQ: how many jobs a full bar stands for (`rq.cli.helpers.get_scale`).
std::int64_t scale_of(std::int64_t most) {
  constexpr std::array<std::int64_t, 8> kScales{20, 50, 100, 200, 400, 600, 800, 1000};
  const auto fitting = std::find_if(kScales.begin(), kScales.end(),
                                    [most](std::int64_t scale) { return most <= scale; });
  return fitting == kScales.end() ? most : *fitting;
}

std::string bar(std::int64_t count, std::int64_t scale, const Look& look) {
  const int width = std::clamp(look.columns - 20, 0, 20);
  const double share = static_cast<double>(count) / static_cast<double>(scale);
  std::string blocks = "|";
  for (int i = 0; i < static_cast<int>(width * share); ++i) blocks += "█";
  return colored(blocks, kGreen, look);
}

std::string counts_of(const protocol::QueueCounts& counts) {
  return fmt::format("{}, {} executing, {} finished, {} failed", counts.queued, counts.started,
                     counts.finished, counts.failed);
}

std::string queues_text(const Overview& overview, const Look& look) {
  std::int64_t most = 0;
  std::int64_t jobs = 0;
  for (const QueueLine& line : overview.queues) {
    most = std::max(most, line.counts.queued);
    jobs += line.counts.queued;
  }
  std::string text;
  for (const QueueLine& line : overview.queues) {
    const std::string name = base::printable(line.name);
    text += look.raw
                ? fmt::format("queue {} {}\n", name, counts_of(line.counts))
                : fmt::format("{:<12} {} {}\n", name, bar(line.counts.queued, scale_of(most), look),
                              counts_of(line.counts));
  }
  if (look.raw) return text;
  text += fmt::format("{} queues, {} jobs total\n", overview.queues.size(), jobs);
  for (const QueueLine& line : overview.queues) {
    if (!line.unscheduled) continue;
    text += base::printable(protocol::to_text({line.name, line.counts.scheduled})) + "\n";
  }
  return text;
}

std::string worker_line(const protocol::WorkerRecord& worker, const Look& look) {
  const std::string who =
      fmt::format("{} ({} {} {})", base::printable(worker.name), base::printable(worker.hostname),
                  base::printable(worker.ip_address), worker.pid);
  std::vector<std::string> queues;
  for (const std::string& queue : worker.queues) queues.push_back(base::printable(queue));
  return fmt::format("{}{}{} {} {}. jobs: {} finished, {} failed\n", look.raw ? "worker " : "", who,
                     look.raw ? "" : ":", state_of(worker, look), fmt::join(queues, ", "),
                     worker.successful_job_count, worker.failed_job_count);
}

std::string workers_by_queue(const Overview& overview, const Look& look) {
  std::size_t width = 0;
  for (const QueueLine& line : overview.queues) {
    width = std::max(width, base::printable(line.name).size() + 1);
  }
  std::string text;
  for (const QueueLine& line : overview.queues) {
    std::vector<std::string> workers;
    for (const auto& worker : overview.workers) {
      if (std::count(worker.queues.begin(), worker.queues.end(), line.name) == 0) continue;
      workers.push_back(
          fmt::format("{} ({})", base::printable(worker.name), state_of(worker, look)));
    }
    if (workers.empty()) workers.emplace_back("–");
    text += fmt::format("{:<{}} {}\n", base::printable(line.name) + ":", width,
                        fmt::join(workers, ", "));
  }
  return text;
}

std::string workers_text(const Overview& overview, const Look& look) {
  std::string text;
  if (look.by_queue) {
    text = workers_by_queue(overview, look);
  } else {
    for (const auto& worker : overview.workers) text += worker_line(worker, look);
  }
  if (look.raw) return text;
  return text +
         fmt::format("{} workers, {} queues\n", overview.workers.size(), overview.queues.size());
}

}  // namespace

std::string to_text(const Overview& overview, const Look& look) {
  if (look.parts == Parts::queues) return queues_text(overview, look);
  if (look.parts == Parts::workers) return workers_text(overview, look);
  const char* between = look.raw ? "" : "\n";
  return queues_text(overview, look) + between + workers_text(overview, look);
}

}  // namespace rqpp::cli
