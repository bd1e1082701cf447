#include "all_names.h"

#include <iterator>
#include <set>
#include <string_view>

#include "protocol/queries.h"

namespace rqpp::cli {
namespace {

// Redis hands a set out page by page, and may name a member twice.
std::vector<std::string> all_names(const Run& run, redis::Batch (*ask)(std::string_view cursor),
                                   protocol::Page (*read)(const redis::Reply&)) {
  std::set<std::string> names;
  std::string cursor = "0";
  do {
    const auto replies = run(ask(cursor));
    protocol::Page page = read(replies.at(0));
    names.insert(std::make_move_iterator(page.names.begin()),
                 std::make_move_iterator(page.names.end()));
    cursor = std::move(page.cursor);
  } while (cursor != "0");
  return {names.begin(), names.end()};
}

Run run_by(redis::Connection& connection) {
  return [&connection](const redis::Batch& batch) { return connection.run(batch); };
}

}  // namespace

std::vector<std::string> all_queues(const Run& run) {
  return all_names(run, protocol::queues_page, protocol::read_queues_page);
}

std::vector<std::string> all_workers(const Run& run) {
  return all_names(run, protocol::workers_page, protocol::read_workers_page);
}

std::vector<std::string> all_queues(redis::Connection& connection) {
  return all_queues(run_by(connection));
}

std::vector<std::string> all_workers(redis::Connection& connection) {
  return all_workers(run_by(connection));
}

}  // namespace rqpp::cli
