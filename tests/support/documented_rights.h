#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rqpp::test {

/// The words of the command in docs/operations.md that makes a user of Redis: `ACL SETUSER
/// rqpp-worker …`. Empty: it is not there.
std::vector<std::string> documented_rights(std::string_view user);

}  // namespace rqpp::test
