#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "config_file.h"
#include "redis/settings.h"

#include <rqpp/enqueue_options.h>
#include <rqpp/queue.h>

namespace rqpp::cli {

// What the program returns to its caller. Scripts rely on these numbers: they stand in --help.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnfinished = 3;  ///< The job has not ended (in the time given for it).
inline constexpr int kNoSuchJob = 4;

/// What the commands share: where they print, where Redis is, and what the program will return.
class Context {
 public:
  Context(std::ostream& out, std::ostream& err, redis::Environment environment)
      : out_(out), err_(err), environment_(std::move(environment)) {}

  std::string url{};            ///< The option --url; empty: not given.
  std::string config{};         ///< The option --config; empty: not given.
  std::string password_file{};  ///< The option --password-file; empty: not given.
  /// Set by commands that may be services, before they ask for `settings`: as services they start
  /// no private Redis, which no other program would find.
  bool is_service = false;
  int exit_code = kDone;  ///< Commands change it where they end without a success or an exception.

  /// One line for the user. Control characters must be escaped already (see base::printable()).
  void say(std::string_view line) { out_ << line << '\n'; }
  /// Text with its own line breaks, shown at once.
  void print(std::string_view text) { out_ << text << std::flush; }
  /// One line on standard error, after the program's name.
  void complain(std::string_view line) { err_ << "rqpp: " << line << std::endl; }
  /// False once standard output is closed or full.
  bool can_print() const { return out_.good(); }

  const redis::Environment& environment() const { return environment_; }

  /// What the file named by --config or RQ_CONFIG says; nothing without one. Read once. Throws
  /// InvalidArgument.
  const Config& configured();
  /// Where Redis is: looked for once. Throws as sandbox::find_redis.
  const redis::Settings& settings();
  /// A queue there.
  Queue queue(const std::string& name = "default", Serializer serializer = Serializer::pickle);

 private:
  std::string config_file() const;
  redis::Environment lookup_with_options() const;
  redis::Settings find_settings();

  std::ostream& out_;
  std::ostream& err_;
  redis::Environment environment_;
  std::optional<Config> configured_{};
  std::optional<redis::Settings> settings_{};
};

}  // namespace rqpp::cli
