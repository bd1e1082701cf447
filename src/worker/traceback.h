#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "worker/throw_points.h"

namespace rqpp::worker {

class SymbolCache;

/// An exception as text.
struct ErrorText {
  /// As Python shows it, its causes (std::throw_with_nested) before it:
  ///
  ///     Traceback (most recent call last):
  ///       File "fib.cc", line 12, in slow_fib(int)
  ///     std::invalid_argument: n is -1
  ///
  /// The backtrace is that of the throw if a ThrowWatch lived then, without the frames of rqpp
  /// below the task; an error of rqpp about the call itself has none. At most 64 KiB, valid UTF-8.
  std::string exc_info{};
  std::string summary{};  ///< `std::invalid_argument: n is -1`, one line.
};

/// A null pointer stands for an exception of another language.
ErrorText describe_exception(const std::exception_ptr& error);

/// For errors that are no exceptions: just the text.
ErrorText describe_failure(std::string_view text);

/// The lines of a backtrace with their heading, the oldest frame first, without the frames of rqpp
/// below the task; empty if there are no others. What a cache has is not looked up again.
std::string backtrace_text(const ThrowPoint& point, SymbolCache* cache = nullptr);
inline constexpr std::string_view kBacktraceHeading = "Traceback (most recent call last):\n";

/// Valid UTF-8 of at most `limit` bytes. What is too much is cut out of the middle, and the text
/// says so; what is no UTF-8 becomes U+FFFD.
std::string presentable(std::string_view text, std::size_t limit);

}  // namespace rqpp::worker
