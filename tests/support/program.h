#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"

namespace rqpp::test {

/// How a program ended, and what it printed.
struct Ended {
  int exit_code = -1;  ///< -1: by a signal.
  int signal = 0;
  std::string out{};
  std::string err{};
};

struct ProgramOptions {
  std::string program = "rqpp";                      ///< A program of this build.
  std::map<std::string, std::string> environment{};  ///< On top of PATH and HOME; nothing else is.
  bool terminal = false;  ///< It has one, 40 rows high, for input and output; not for errors.
  std::filesystem::path output{};  ///< A file for its output; empty: Ended::out.
  std::filesystem::path errors{};  ///< A file for its errors, appended to; empty: Ended::err.
  std::filesystem::path folder{};  ///< Where it runs; empty: here.
};

/// A program of this build, by default the command line `rqpp`, running. It is killed with this
/// object.
class Program {
 public:
  explicit Program(std::vector<std::string> words, const ProgramOptions& options = {});
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Types at its terminal; "\x03" is Ctrl-C.
  void type(std::string_view keys) const;
  /// Gives its terminal another size.
  void resize(int rows, int columns) const;
  /// Whether its terminal shows what is typed, as it does unless a program says otherwise.
  bool echoes() const;
  /// Waits until it has printed the text; fails the test after 60 s, or when it has ended.
  void await_output(std::string_view text);
  void await_error(std::string_view text);
  /// Closes our end of its output.
  void close_output() { out_.reset(); }
  /// Waits until it ends.
  Ended wait();

 private:
  void read_some();
  void await(const std::string& printed, std::string_view text);

  base::Fd out_{};
  base::Fd err_{};
  Ended ended_{};
  pid_t pid_ = 0;
};

/// Runs `rqpp <words>`, or another program of this build, to its end.
Ended rqpp(std::vector<std::string> words, const ProgramOptions& options = {});

/// The path of a program or module of this build: `rqpp`, `examples/fib.so`.
std::filesystem::path in_build(std::string_view name);

/// The living processes whose parent is this one. Orphans of a child count when this process adopts
/// them.
std::set<pid_t> children();
void adopt_orphans();

}  // namespace rqpp::test
