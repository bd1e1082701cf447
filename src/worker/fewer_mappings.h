#pragma once

namespace rqpp::worker {

/// Makes a fork of this process cheaper: each mapping costs it, and the end of its child, about
/// three microseconds, and a library is five of them. What it only reads lies on both sides of its
/// code; made alike (readable and executable, as before linkers kept the two apart), the three
/// become one for the kernel. Nothing becomes writable. Where a policy forbids it, all stays.
void join_mappings() noexcept;

}  // namespace rqpp::worker
