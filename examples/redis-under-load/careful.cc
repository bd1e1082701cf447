// The same service after an afternoon's work. Three things have changed: who is known is asked of a
// copy of the ids in memory, a script does as much as there is new and no more, and the dashboard
// reads what it shows.

#include <chrono>

#include <rqpp/id_cache.h>

#include "redis.h"
#include "service.h"

namespace load {
namespace {

using namespace std::chrono_literals;

// Stores the readings, and adds to the total by how much they changed: ten steps, however large the
// group is.
constexpr const char* kRecordChanges = R"(
local group, now, more = ARGV[1], ARGV[2], 0
local recent = {}
for i = 3, #ARGV, 2 do
  local key = 'device:' .. ARGV[i]
  more = more + ARGV[i + 1] - (redis.call('HGET', key, 'value') or 0)
  redis.call('HSET', key, 'value', ARGV[i + 1])
  recent[#recent + 1], recent[#recent + 2] = now, ARGV[i]
end
redis.call('ZADD', 'recent', unpack(recent))
return redis.call('HINCRBY', 'totals', group, more)
)";

class Careful : public Client {
 public:
  Careful(const std::string& url, rqpp::IdCache& devices)
      : redis_(url), devices_(devices), record_(redis_.load_script(kRecordChanges)) {}

  int take(const Report& report) override {
    const std::string group = std::to_string(report.group);
    std::vector<std::vector<std::string>> commands;
    if (report.joins) {
      const std::string id = std::to_string(*report.joins);
      commands.push_back({"SADD", "devices", id});
      commands.push_back({"SADD", "group:" + group, id});
      commands.push_back({"HSET", "device:" + id, "value", "0"});
    }
    int known = 0;
    for (const int device : report.heard) {
      known += devices_.contains(std::to_string(device)) ? 1 : 0;
    }
    std::vector<std::string> words{"EVALSHA", record_, "0", group, std::to_string(++now_)};
    for (const auto& [device, value] : report.readings) {
      words.push_back(std::to_string(device));
      words.push_back(std::to_string(value));
    }
    commands.push_back(std::move(words));
    redis_.run_all(commands);
    if (report.joins) devices_.add(std::to_string(*report.joins));
    return known;
  }

  View look() override {
    View view{.devices = static_cast<std::int64_t>(devices_.size())};
    const Reply recent = redis_.run({"ZREVRANGE", "recent", "0", "9"});
    for (std::size_t i = recent.size(); i-- > 0;) view.latest += recent.text(i) + " ";
    return view;
  }

 private:
  Redis redis_;
  rqpp::IdCache& devices_;
  std::string record_;
  std::int64_t now_ = 0;
};

class CarefulService : public Service {
 public:
  explicit CarefulService(const std::string& url)
      : url_(url),
        devices_(rqpp::IdCache::of_set("devices", {.url = url, .min_resync_interval = 5s})) {
    devices_.wait_until_ready(30s);
  }
  std::unique_ptr<Client> make_client() override {
    return std::make_unique<Careful>(url_, devices_);
  }

 private:
  std::string url_;
  rqpp::IdCache devices_;
};

}  // namespace

std::unique_ptr<Service> make_careful(const std::string& url) {
  return std::make_unique<CarefulService>(url);
}

}  // namespace load
