#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

// What /proc says about processes that are not ours.
namespace rqpp::test {

std::vector<pid_t> children_of(pid_t pid);
/// As ps shows it: `rqpp-stable`.
std::string name_of(pid_t pid);
/// Gone, or a zombie that nobody has reaped: it runs no more.
bool is_over(pid_t pid);
std::size_t open_descriptors_of(pid_t pid);
std::int64_t resident_bytes_of(pid_t pid);

/// The living stable of a worker, or 0.
pid_t stable_of(pid_t worker);
std::vector<pid_t> horses_of(pid_t worker);

}  // namespace rqpp::test
