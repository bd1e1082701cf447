#include "redis/greeting.h"

#include <fmt/format.h>

#include <string_view>

#include "redis/request.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

bool begins_with(const std::string& text, std::string_view begin) {
  return text.rfind(begin, 0) == 0;
}

ConnectionError refused(const Settings& settings, std::string_view why) {
  return ConnectionError(fmt::format("Redis at {} {}", to_display(settings), why));
}

ConnectionError auth_refused(const Settings& settings, const std::string& error) {
  if (error.find("without any password configured") != std::string::npos ||
      error.find("no password is set") != std::string::npos) {
    return refused(
        settings,
        "asks for no password, but one is set. Remove it from the URL or REDIS_PASSWORD.");
  }
  if (settings.username.empty()) {
    return refused(settings, fmt::format("refused the password ({}). Correct it in the URL or "
                                         "REDIS_PASSWORD.",
                                         error));
  }
  return refused(settings,
                 fmt::format("refused the password of user '{}' ({}). Correct them in the "
                             "URL or in REDIS_USERNAME and REDIS_PASSWORD.",
                             settings.username, error));
}

// What makes every command fail, whichever is asked first.
void throw_if_closed_to_us(const Settings& settings, const std::string& error) {
  if (begins_with(error, "NOAUTH")) {
    throw refused(settings,
                  "asks for a password. Put it into the URL (redis://:password@host) or "
                  "REDIS_PASSWORD.");
  }
  if (begins_with(error, "LOADING")) {
    throw refused(settings, "is still loading its data. Try again in a moment.");
  }
  if (begins_with(error, "MASTERDOWN") || begins_with(error, "DENIED") ||
      error.find("max number of clients") != std::string::npos) {
    throw refused(settings, fmt::format("does not serve us: {}", error));
  }
}

}  // namespace

Greeting::Greeting(const Settings& settings) : settings_(&settings) {
  if (!settings.password.empty() && settings.username.empty()) {
    say(Step::auth, {"AUTH", settings.password});
  } else if (!settings.username.empty()) {
    say(Step::auth, {"AUTH", settings.username, settings.password});
  }
  if (settings.db != 0) say(Step::select, {"SELECT", std::to_string(settings.db)});
  if (!settings.client_name.empty()) say(Step::name, {"CLIENT", "SETNAME", settings.client_name});
  say(Step::ping, {"PING"});
}

void Greeting::say(Step step, const std::vector<std::string>& words) {
  append_command(bytes_, words);
  steps_.push_back(step);
}

bool Greeting::take(const Reply& reply) {
  const Step step = steps_.at(answered_++);
  if (reply.is_error()) {
    throw_if_closed_to_us(*settings_, reply.text);
    if (step == Step::auth) throw auth_refused(*settings_, reply.text);
    if (step == Step::select) {
      throw refused(*settings_,
                    fmt::format("has no database {} for us: {}", settings_->db, reply.text));
    }
    // A name is only for show, and a user without the right to PING may have all others.
  }
  return answered_ == steps_.size();
}

}  // namespace rqpp::redis
