#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rqpp::base {

/// The place in the sources that writes a line. Lines of one place have one cause.
struct LogSite {
  const char* file = "";
  int line = 0;

  /// The caller's, as a default argument.
  static constexpr LogSite here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
  auto operator<=>(const LogSite&) const = default;  // NOLINT(modernize-use-nullptr): there is none
};

/// Keeps one cause from filling the log: of each only the first lines within a while are written,
/// the others are counted. Its memory is bounded, since a program has so many sites. A value: the
/// caller locks and brings the time.
class LogLimiter {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMostLines = 100;        ///< Of one cause, within kWindow.
  static constexpr std::chrono::seconds kWindow{60};    ///< Begins with the first line.
  static constexpr std::size_t kMostSampleBytes = 160;  ///< Quoted of a line that is left out.

  enum class Verdict { write, write_last, leave_out };
  /// What to do with a line: write_last is the last one before others are left out. Call
  /// take_left_out() first.
  Verdict admit(const LogSite& site, std::string_view line, Moment now);

  /// What was left out, how many lines and like which, where the window is over.
  struct LeftOut {
    std::size_t lines = 0;
    std::string sample{};
  };
  std::vector<LeftOut> take_left_out(Moment now);

 private:
  struct Window {
    Moment begin{};
    std::size_t written = 0;
    LeftOut left_out{};
  };

  std::map<LogSite, Window> windows_{};
  std::size_t sites_that_leave_out_ = 0;
};

}  // namespace rqpp::base
