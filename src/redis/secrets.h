#pragma once

#include <string>
#include <vector>

#include "redis/settings.h"

// What must not be seen by others: passwords in variables, words and files.
namespace rqpp::redis {

/// The variables that may hold a password, or lead to one: not for jobs. REDIS_URL is one of them
/// only if it names a user or a password.
std::vector<std::string> secret_variables(const Environment& lookup);

/// Overwrites in place what may be secret in a word of a command line, if it holds a URL.
void hide_secrets_in(char* word) noexcept;

/// Where the password is, for from_environment(), if neither URL nor variables have one: the file
/// that RQPP_PASSWORD_FILE names, else the service manager's credential `redis-password`, if there
/// is one. Empty: nowhere.
std::string password_file(const Environment& lookup);
/// The first line of a file, `-` is standard input. Throws InvalidArgument if the file cannot be
/// read, or the line is empty or longer than 4 KiB.
std::string read_password(const std::string& file);

}  // namespace rqpp::redis
