#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rqpp/usage.h>

// Whether it was the kernel that killed a process, because memory ran out.
namespace rqpp::worker {

/// How often it has done so since the machine was started, from the text of /proc/vmstat; 0 if it
/// does not say.
std::int64_t oom_kills_in(std::string_view vmstat);
std::int64_t oom_kills_now();

/// The reason for the end of a process that was killed when the count grew.
std::string out_of_memory_text(const Usage& usage);

}  // namespace rqpp::worker
