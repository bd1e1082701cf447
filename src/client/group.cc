#include <rqpp/group.h>

#include <fmt/format.h>

#include "base/ids.h"
#include "client/relatives.h"
#include "client/session.h"
#include "protocol/groups.h"
#include "protocol/transitions.h"

namespace rqpp {
Group::Group(const Queue& queue, std::string name)
    : queue_(queue), name_(name.empty() ? base::new_uuid_hex() : std::move(name)) {}

std::optional<Group> Group::fetch(const Queue& queue, std::string name) {
  Group group(queue, std::move(name));
  if (!group.exists()) return std::nullopt;
  return group;
}

std::int64_t Group::size() const {
  return queue_.session_->run(protocol::group_size(name_)).at(0).number;
}

Group::Page Group::jobs(std::string_view from) const {
  protocol::Page ids = protocol::read_page(
      queue_.session_->run(protocol::group_page(name_, from.empty() ? "0" : from)).at(0));
  Page page;
  for (const std::string& id : ids.names) page.jobs.push_back(queue_.job(id));
  if (ids.cursor != "0") page.next = std::move(ids.cursor);
  return page;
}

std::vector<std::string> Group::all_ids() const {
  std::vector<std::string> all;
  client::for_each_slice(
      client::asking(*queue_.session_), protocol::group_page, name_,
      [&all](const client::Ids& ids, bool) { all.insert(all.end(), ids.begin(), ids.end()); });
  return all;
}

std::int64_t Group::clean() const {
  return client::clean_group(client::asking(*queue_.session_), name_);
}

std::int64_t Group::remove() const {
  const client::Run run = client::asking(*queue_.session_);
  const Time now = queue_.session_->now();
  std::int64_t removed = 0;
  client::for_each_slice(run, protocol::group_page, name_, [&](const client::Ids& ids, bool) {
    redis::Batch batch;
    for (const std::string& id : ids) batch.append(protocol::delete_job(id, now));
    if (batch.empty()) return;
    for (const redis::Reply& reply : run(batch)) removed += reply.number;
  });
  client::clean_group(run, name_);
  return removed;
}

}  // namespace rqpp
