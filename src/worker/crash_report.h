#pragma once

#include <string>
#include <string_view>

#include "worker/last_words.h"

// What people read about a crash.
namespace rqpp::worker {

/// `SIGSEGV (Segmentation fault): it used a null pointer (address 0x10)`, or how the stack
/// overflowed, or who sent the signal: one line without its end.
std::string crash_headline(const Crash& crash);

/// The backtrace by files and places in them alone, which needs no file to be read. Oldest first.
std::string plain_backtrace(const Crash& crash);

/// The backtrace with names and lines, oldest first; empty if there are none outside of rqpp. Reads
/// the files that the crashed process had mapped, whatever they hold by now, and maps those that
/// this process has not: call it in a process of its own, under a time limit.
std::string named_backtrace(const Crash& crash);

}  // namespace rqpp::worker
