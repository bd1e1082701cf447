#pragma once

#include <string>
#include <utility>

namespace rqpp::base {

/// Owns one file descriptor and closes it at the end of its life.
class Fd {
 public:
  Fd() = default;
  /// Takes over `descriptor`; a negative number owns nothing.
  explicit Fd(int descriptor) noexcept : descriptor_(descriptor) {}
  Fd(Fd&& other) noexcept : descriptor_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const noexcept { return descriptor_; }  ///< -1 when nothing is owned.
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  /// Gives the descriptor away; the caller closes it.
  int release() noexcept { return std::exchange(descriptor_, -1); }
  /// Closes the descriptor and owns `descriptor` instead.
  void reset(int descriptor = -1) noexcept;

 private:
  int descriptor_ = -1;
};

/// Makes reads and writes return at once. Throws Error.
void set_nonblocking(int descriptor);
/// Whether the descriptor is closed when another program is started. Throws Error.
enum class OnExec { close, keep };
void set_on_exec(int descriptor, OnExec what);

/// The words for an errno value as our messages use them: `connection refused`.
std::string errno_text(int error_number);

}  // namespace rqpp::base
