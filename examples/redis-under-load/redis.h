#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <hiredis/hiredis.h>

// hiredis with C++'s manners.
namespace load {

/// What Redis answered; throws std::runtime_error for an error.
class Reply {
 public:
  explicit Reply(void* reply);

  std::int64_t number() const { return reply_->integer; }
  std::string text() const { return {reply_->str, reply_->len}; }
  std::size_t size() const { return reply_->elements; }
  std::string text(std::size_t i) const {
    return {reply_->element[i]->str, reply_->element[i]->len};
  }
  bool is_nil() const { return reply_->type == REDIS_REPLY_NIL; }

 private:
  std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply_;
};

class Redis {
 public:
  /// `unix:///path` or `redis://host:port`. Throws std::runtime_error.
  explicit Redis(const std::string& url);

  /// One round trip.
  Reply run(const std::vector<std::string>& words);
  /// Many commands, one round trip.
  std::vector<Reply> run_all(const std::vector<std::vector<std::string>>& commands);
  /// Loads a script and returns its name for EVALSHA.
  std::string load_script(const std::string& text) { return run({"SCRIPT", "LOAD", text}).text(); }

 private:
  void send(const std::vector<std::string>& words);
  Reply receive();

  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

}  // namespace load
