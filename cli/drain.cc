#include "drain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "base/printable.h"
#include "protocol/queries.h"
#include "signals.h"

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;

std::vector<protocol::WorkerRest> read_rests(redis::Connection& connection,
                                             const std::vector<std::string>& workers) {
  const auto replies = connection.run(protocol::worker_rests(workers));
  std::vector<protocol::WorkerRest> rests;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    rests.push_back(protocol::read_worker_rest(std::span(replies).subspan(2 * i, 2)));
  }
  return rests;
}

std::string what_it_does(const protocol::WorkerRest& rest) {
  if (rest.job_ids.empty()) return "it runs nothing";
  std::vector<std::string> ids;
  for (const std::string& id : rest.job_ids)
    ids.push_back(fmt::format("'{}'", base::printable(id)));
  return fmt::format("it runs job {}", fmt::join(ids, ", "));
}

}  // namespace

Drain::Drain(redis::Connection& connection, const std::vector<std::string>& workers)
    : connection_(connection) {
  const auto rests = read_rests(connection, workers);
  for (std::size_t i = 0; i < workers.size(); ++i) births_[workers[i]] = rests[i].birth;
}

bool Drain::wait(std::vector<std::string> workers, std::optional<std::chrono::seconds> timeout,
                 Context& context) {
  const auto start = std::chrono::steady_clock::now();
  Signals interrupts{SIGINT, SIGTERM};
  while (!workers.empty()) {
    std::chrono::milliseconds pause = 1s;
    if (timeout) {
      const auto gone = std::chrono::steady_clock::now() - start;
      pause = std::min(pause, std::chrono::ceil<std::chrono::milliseconds>(*timeout - gone));
    }
    if (pause <= 0ms || interrupts.wait(pause) != 0) {
      context.complain(fmt::format("not all workers have ended: {} still to go", workers.size()));
      return false;
    }
    look(workers, context);
  }
  return true;
}

void Drain::look(std::vector<std::string>& workers, Context& context) {
  const auto rests = read_rests(connection_, workers);
  std::vector<std::string> left;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const bool ended = !rests[i].alive || rests[i].birth != births_[workers[i]];
    const std::string news =
        ended ? fmt::format("worker '{}' has ended\n", base::printable(workers[i]))
              : fmt::format("waiting for worker '{}': {}\n", base::printable(workers[i]),
                            what_it_does(rests[i]));
    if (said_[workers[i]] != news) context.print(news);
    said_[workers[i]] = news;
    if (!ended) left.push_back(workers[i]);
  }
  workers = std::move(left);
}

}  // namespace rqpp::cli
