#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

// Names of keys and of clients, of which there are millions, as the few patterns that they follow.
namespace rqpp::doctor {

/// A name with its ids, numbers and hashes replaced by `*`: `session:8f3a91c0` is `session:*`. RQ's
/// keys by what RQ puts into them: `rq:job:*:dependents`, but `rq:queue:mail`. Cut to
/// kMostNameBytes.
std::string pattern_of(std::string_view name);

/// What patterns become when a part of which there are more than `siblings` kinds is replaced by
/// `*`: of `user:ann:cart`, `user:bob:cart` and so on each is `user:*:cart`.
std::map<std::string, std::string> merge_patterns(const std::set<std::string>& patterns,
                                                  std::size_t siblings = 10);

/// `script 1a2b3c4d`, by the start of its SHA-1.
std::string script_name(std::string_view sha);

}  // namespace rqpp::doctor
