#pragma once

#include <string_view>

#include <rqpp/queue.h>

// What a producer does in one scene of test_same_keys.py, where Python's lines stand for the same
// names.
namespace scenarios {

/// Returns the exit code; throws InvalidArgument for a name that is unknown.
int play(rqpp::Queue& queue, std::string_view name);

}  // namespace scenarios
