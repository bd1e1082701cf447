#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "redis/reply.h"
#include "redis/settings.h"

namespace rqpp::redis {

/// What is said first on a connection: AUTH, SELECT and CLIENT SETNAME as the settings ask for,
/// then PING, by whose answer a server that is loading, full or closed to us is told from one that
/// serves.
class Greeting {
 public:
  explicit Greeting(const Settings& settings);

  const std::string& bytes() const { return bytes_; }
  /// Takes the next reply; true when it was the last. Throws ConnectionError when Redis refuses us.
  bool take(const Reply& reply);

 private:
  enum class Step : std::uint8_t { auth, select, name, ping };

  void say(Step step, const std::vector<std::string>& words);

  const Settings* settings_;
  std::string bytes_{};
  std::vector<Step> steps_{};
  std::size_t answered_ = 0;
};

}  // namespace rqpp::redis
