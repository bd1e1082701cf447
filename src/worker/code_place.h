#pragma once

#include <string>

namespace rqpp::worker {

/// Names a place in the code of this process by the binary, what tells this build of it from others
/// (its build id, else size and times of its file), and the offset in it. Another file loaded at
/// the same address, or under the same name, has other places. Opens no file. Empty if the address
/// belongs to no binary, or nothing tells its builds apart.
std::string place_of(const void* address);

}  // namespace rqpp::worker
