// The messenger of a worker: see worker/messenger.h, which starts it.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "base/fd.h"
#include "base/printable.h"
#include "base/private_process.h"
#include "messenger/post.h"
#include "worker/child_process.h"

namespace rqpp::messenger {
namespace {

/// libcurl shall find the proxies that Python's urllib finds: also HTTP_PROXY in capitals, and no
/// ALL_PROXY.
void read_proxies_as_python_does() {
  const char* capitals = ::getenv("HTTP_PROXY");
  if (capitals != nullptr) ::setenv("http_proxy", capitals, 0);
  ::unsetenv("all_proxy");
  ::unsetenv("ALL_PROXY");
}

/// Whoever reads what the worker writes shall not wait for this process.
void let_go_of_streams() {
  const base::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), stream);
}

/// Returns the exit code.
int run(worker::AllowedHosts hosts) {
  if (::fcntl(worker::kChannelFd, F_GETFD) < 0) return 2;
  ::fcntl(worker::kChannelFd, F_SETFD, FD_CLOEXEC);
  const base::PrivateProcess keeps_what_webhooks_carry;
  worker::reset_signal_actions();
  // It ends with its channel. What stops its worker shall not stop it before.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  worker::unblock_signals();
  read_proxies_as_python_does();
  try {
    Post post(base::Fd(worker::kChannelFd), std::move(hosts));
    let_go_of_streams();
    post.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "rqpp-messenger: {}\n", base::printable(error.what()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace rqpp::messenger

int main(int argc, char** argv) {
  using rqpp::worker::AllowedHosts;
  int code = 2;
  if (argc <= 2) {
    code = rqpp::messenger::run(argc == 2 ? AllowedHosts::of_text(argv[1]) : AllowedHosts());
  }
  if (code == 2) {
    std::fputs("rqpp-messenger: a worker starts this program. See `rqpp worker --help`.\n", stderr);
  }
  return code;
}
