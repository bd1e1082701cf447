// Nothing here is wrong, and each line looks harmless with a hundred devices. With twenty thousand
// it is Redis that does all the work, and everybody else waits.

#include "redis.h"
#include "service.h"

namespace load {
namespace {

// Stores the readings, then adds up the whole group anew: as many HGET as it has members.
constexpr const char* kRecordAndAddUp = R"(
local group, now = ARGV[1], ARGV[2]
for i = 3, #ARGV, 2 do
  redis.call('HSET', 'device:' .. ARGV[i], 'value', ARGV[i + 1])
  redis.call('ZADD', 'recent', now, ARGV[i])
end
local total = 0
for _, id in ipairs(redis.call('SMEMBERS', 'group:' .. group)) do
  total = total + tonumber(redis.call('HGET', 'device:' .. id, 'value') or '0')
end
redis.call('HSET', 'totals', group, total)
return total
)";

class Careless : public Client {
 public:
  explicit Careless(const std::string& url)
      : redis_(url), record_(redis_.load_script(kRecordAndAddUp)) {}

  int take(const Report& report) override {
    const std::string group = std::to_string(report.group);
    if (report.joins) {
      const std::string id = std::to_string(*report.joins);
      redis_.run({"SADD", "devices", id});
      redis_.run({"SADD", "group:" + group, id});
      redis_.run({"HSET", "device:" + id, "value", "0"});
    }
    int known = 0;
    for (const int device : report.heard) {
      known +=
          static_cast<int>(redis_.run({"EXISTS", "device:" + std::to_string(device)}).number());
    }
    std::vector<std::string> words{"EVALSHA", record_, "0", group, std::to_string(++now_)};
    for (const auto& [device, value] : report.readings) {
      words.push_back(std::to_string(device));
      words.push_back(std::to_string(value));
    }
    redis_.run(words);
    return known;
  }

  View look() override {
    View view;
    view.devices = static_cast<std::int64_t>(redis_.run({"KEYS", "device:*"}).size());
    redis_.run({"SMEMBERS", "devices"});  // their names, of which a page is shown
    const Reply recent = redis_.run({"ZRANGE", "recent", "0", "-1"});
    for (std::size_t i = recent.size() - std::min<std::size_t>(10, recent.size());
         i < recent.size(); ++i) {
      view.latest += recent.text(i) + " ";
    }
    return view;
  }

 private:
  Redis redis_;
  std::string record_;
  std::int64_t now_ = 0;
};

class CarelessService : public Service {
 public:
  explicit CarelessService(std::string url) : url_(std::move(url)) {}
  std::unique_ptr<Client> make_client() override { return std::make_unique<Careless>(url_); }

 private:
  std::string url_;
};

}  // namespace

std::unique_ptr<Service> make_careless(const std::string& url) {
  return std::make_unique<CarelessService>(url);
}

}  // namespace load
