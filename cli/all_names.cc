#include "all_names.h"

#include <iterator>
#include <set>
#include <string_view>

#include "protocol/queries.h"

namespace rqpp::cli {
namespace {

// Redis hands a set out page by page, and may name a member twice.
std::vector<std::string> all_names(redis::Connection& connection,
                                   redis::Batch (*ask)(std::string_view cursor),
                                   protocol::Page (*read)(const redis::Reply&)) {
  std::set<std::string> names;
  std::string cursor = "0";
  do {
    const auto replies = connection.run(ask(cursor));
    protocol::Page page = read(replies.at(0));
    names.insert(std::make_move_iterator(page.names.begin()),
                 std::make_move_iterator(page.names.end()));
    cursor = std::move(page.cursor);
  } while (cursor != "0");
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<std::string> all_queues(redis::Connection& connection) {
  return all_names(connection, protocol::queues_page, protocol::read_queues_page);
}

std::vector<std::string> all_workers(redis::Connection& connection) {
  return all_names(connection, protocol::workers_page, protocol::read_workers_page);
}

}  // namespace rqpp::cli
