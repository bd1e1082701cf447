#include "base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

#include "rqpp/error.h"

namespace rqpp::base {
namespace {

int flags_of(int descriptor, int query) {
  const int flags = ::fcntl(descriptor, query);
  if (flags < 0) {
    throw Error(
        fmt::format("cannot read the flags of descriptor {}: {}", descriptor, errno_text(errno)));
  }
  return flags;
}

void set_flags(int descriptor, int command, int flags) {
  if (::fcntl(descriptor, command, flags) < 0) {
    throw Error(
        fmt::format("cannot set the flags of descriptor {}: {}", descriptor, errno_text(errno)));
  }
}

}  // namespace

void Fd::reset(int descriptor) noexcept {
  if (descriptor_ >= 0 && descriptor_ != descriptor) {
    const int kept = errno;
    ::close(descriptor_);  // never retried: Linux releases the descriptor even on EINTR
    errno = kept;
  }
  descriptor_ = descriptor;
}

void set_nonblocking(int descriptor) {
  set_flags(descriptor, F_SETFL, flags_of(descriptor, F_GETFL) | O_NONBLOCK);
}

void set_on_exec(int descriptor, OnExec what) {
  const int flags = flags_of(descriptor, F_GETFD);
  set_flags(descriptor, F_SETFD, what == OnExec::close ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC);
}

std::string errno_text(int error_number) {
  // strerrordesc_np is neither translated nor shared between threads.
  const char* words = ::strerrordesc_np(error_number);
  if (words == nullptr) return fmt::format("error {}", error_number);
  std::string text = words;
  // `No such file` reads better inside a sentence as `no such file`; `I/O error` stays.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

}  // namespace rqpp::base
