#pragma once

#include "worker/last_words.h"

namespace rqpp::worker {

/// Makes ready, once in the stable, what a horse needs in order to say how it dies: handlers for
/// the signals of a crash and for std::terminate, and a stack for them, so that a stack that
/// overflowed can be walked as well. Horses inherit all of it, at no cost.
///
/// A handler allocates nothing, looks up no names, and lets the signal end the process as it would
/// have without it: wait status and core dump stay true. What a module installs instead stays.
///
/// The calling function and all older frames of this thread are
/// left out of what is recorded. Of threads that a task starts, those with a stack that overflowed
/// die without a backtrace.
void watch_for_crashes();

/// From now on this process leaves its last words there, and no other one does; null: nowhere.
void keep_last_words_in(LastWords* words) noexcept;
/// Where this process may leave its last words; null if it has no place, as what a task forks.
LastWords* own_last_words() noexcept;
/// Leaves a sentence there: why this process is about to end. Without its first capital and stop.
void say_last(std::string_view reason) noexcept;

}  // namespace rqpp::worker
