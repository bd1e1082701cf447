#include "redis.h"

#include <stdexcept>
#include <string_view>

namespace load {
namespace {

redisContext* connect(const std::string& url) {
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kTcp = "redis://";
  if (url.starts_with(kUnix)) {
    return redisConnectUnix(url.substr(kUnix.size(), url.find('?') - kUnix.size()).c_str());
  }
  const std::size_t colon = url.rfind(':');
  if (!url.starts_with(kTcp) || colon < kTcp.size()) {
    throw std::runtime_error("the URL '" + url + "' is neither unix:///path nor redis://host:port");
  }
  return redisConnect(url.substr(kTcp.size(), colon - kTcp.size()).c_str(),
                      std::stoi(url.substr(colon + 1)));
}

}  // namespace

Reply::Reply(void* reply) : reply_(static_cast<redisReply*>(reply), freeReplyObject) {
  if (reply_ == nullptr) throw std::runtime_error("the connection to Redis broke");
  if (reply_->type == REDIS_REPLY_ERROR) throw std::runtime_error("Redis says: " + text());
}

Redis::Redis(const std::string& url) : context_(connect(url), redisFree) {
  if (context_ == nullptr || context_->err != 0) {
    throw std::runtime_error("cannot reach " + url + ": " +
                             (context_ == nullptr ? "no memory" : context_->errstr));
  }
}

void Redis::send(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(),
                         sizes.data());
}

Reply Redis::receive() {
  void* reply = nullptr;
  redisGetReply(context_.get(), &reply);
  return Reply(reply);
}

Reply Redis::run(const std::vector<std::string>& words) {
  send(words);
  return receive();
}

std::vector<Reply> Redis::run_all(const std::vector<std::vector<std::string>>& commands) {
  for (const auto& words : commands) send(words);
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) replies.push_back(receive());
  return replies;
}

}  // namespace load
