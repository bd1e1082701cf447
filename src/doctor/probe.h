#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "redis/connection.h"

namespace rqpp::doctor {

/// Asks Redis, counts what that costs, and remembers what Redis refused to tell.
class Probe {
 public:
  using Replies = std::vector<redis::Reply>;

  explicit Probe(redis::Settings settings) : connection_(std::move(settings)) {}

  /// One reply for each command; refusals are among them. `what` is asked for, as people call it:
  /// `the slow log`. The first refusal of it becomes an Unseen. Throws ConnectionError or
  /// TimeoutError, which say at what it was.
  Replies ask(const std::string& what, const redis::Batch& batch);
  /// The same where a refusal is an answer too, and nothing is missed.
  Replies try_ask(const std::string& what, const redis::Batch& batch);

  const redis::Settings& settings() const { return connection_.settings(); }
  /// What was asked so far, by command as in INFO: `config|get`.
  const std::map<std::string, std::int64_t>& calls() const { return calls_; }
  const std::vector<Unseen>& unseen() const { return unseen_; }
  void miss(Unseen unseen);
  std::int64_t bytes_out() const { return bytes_out_; }
  std::int64_t bytes_in() const { return bytes_in_; }
  /// Adds what was asked over other connections.
  void count(const std::string& command, std::int64_t bytes_out, std::int64_t bytes_in);

 private:
  void count(const redis::Batch& batch);

  redis::Connection connection_;
  std::map<std::string, std::int64_t> calls_{};
  std::vector<Unseen> unseen_{};
  std::int64_t bytes_out_ = 0;
  std::int64_t bytes_in_ = 0;  // about: as RESP would write the replies
};

}  // namespace rqpp::doctor
