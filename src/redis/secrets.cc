#include "redis/secrets.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "base/fd.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

constexpr std::size_t kMostBytes = 4096;

std::string first_line(std::istream& in) {
  std::string line;
  for (char c = 0; line.size() <= kMostBytes && in.get(c) && c != '\n';) line.push_back(c);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// Where in a word that holds a URL what may be secret begins and ends; empty if nothing is.
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Place password_before_host(std::string_view word) {
  const std::size_t scheme = word.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t at = word.rfind('@');
  const std::size_t colon = word.find(':', scheme + 3);
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) return {};
  return {.begin = colon + 1, .end = at};
}

Place password_option(std::string_view word) {
  constexpr std::string_view kOption = "password=";
  const std::size_t option = word.find(kOption);
  if (option == std::string_view::npos || word.find("://") == std::string_view::npos) return {};
  const std::size_t begin = option + kOption.size();
  return {.begin = begin, .end = std::min(word.find('&', begin), word.size())};
}

}  // namespace

std::vector<std::string> secret_variables(const Environment& lookup) {
  std::vector<std::string> names{"RQ_REDIS_URL", "REDIS_PASSWORD", "RQ_CONFIG",
                                 "RQPP_PASSWORD_FILE", "RQPP_JOB_REDIS_URL"};
  const std::string url = lookup("REDIS_URL").value_or("");
  if (url.find('@') != std::string::npos || url.find("pass") != std::string::npos) {
    names.emplace_back("REDIS_URL");
  }
  return names;
}

void hide_secrets_in(char* word) noexcept {
  for (const Place& place : {password_before_host(word), password_option(word)}) {
    std::fill(word + place.begin, word + place.end, '*');
  }
}

std::string password_file(const Environment& lookup) {
  const std::string file = lookup("RQPP_PASSWORD_FILE").value_or("");
  if (!file.empty()) return file;
  const std::string folder = lookup("CREDENTIALS_DIRECTORY").value_or("");
  std::string credential = folder + "/redis-password";
  // A job has the credentials of its service, which are not for its own connections.
  const bool in_job = lookup("RQ_WORKER_ID").has_value();
  if (folder.empty() || in_job || ::access(credential.c_str(), F_OK) != 0) return {};
  return credential;
}

std::string read_password(const std::string& file) {
  const auto refuse = [&file](const std::string& why) {
    throw InvalidArgument(fmt::format("cannot take the password from {}: {}",
                                      file == "-" ? "standard input" : "'" + file + "'", why));
  };
  errno = 0;
  std::ifstream in(file == "-" ? "/dev/stdin" : file);
  if (!in) refuse(base::errno_text(errno));
  const std::string line = first_line(in);
  if (line.empty()) refuse("its first line is empty");
  if (line.size() > kMostBytes) {
    refuse(fmt::format("its first line has more than {} bytes", kMostBytes));
  }
  return line;
}

}  // namespace rqpp::redis
