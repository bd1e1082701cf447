#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace rqpp::redis {

/// A Lua script, called by the SHA-1 of its text; `Connection` sends the text when Redis lacks it.
class Script {
 public:
  /// `sha` is the SHA-1 of the text; the build computes it (cmake/EmbedScripts.cmake).
  Script(std::string name, std::string text, std::string sha)
      : name_(std::move(name)), text_(std::move(text)), sha_(std::move(sha)) {}

  const std::string& name() const { return name_; }  ///< For logs and tests: `claim`.
  const std::string& text() const { return text_; }
  const std::string& sha() const { return sha_; }  ///< 40 lower-case hex digits.

 private:
  std::string name_;
  std::string text_;
  std::string sha_;
};

}  // namespace rqpp::redis
