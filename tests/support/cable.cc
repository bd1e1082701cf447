#include "support/cable.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "rqpp/error.h"

namespace rqpp::test {
namespace {

base::Fd namespace_of_this_thread() {
  return base::Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

void run_ip(const std::string& words) {
  const std::string command = "PATH=$PATH:/usr/sbin:/sbin; ip " + words + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) throw Error("`ip " + words + "` fails");
}

base::Fd make_namespace() {
  const Cable::Visit home_again(namespace_of_this_thread().get());
  if (::unshare(CLONE_NEWNET) != 0) {
    throw Error("no network namespace can be made: " + base::errno_text(errno));
  }
  run_ip("link set lo up");
  return namespace_of_this_thread();
}

}  // namespace

Cable::Visit::Visit(int network) : home_(namespace_of_this_thread()) {
  if (::setns(network, CLONE_NEWNET) != 0) {
    throw Error("cannot enter a network namespace: " + base::errno_text(errno));
  }
}

Cable::Visit::~Visit() { ::setns(home_.get(), CLONE_NEWNET); }

Cable::Cable() : server_(make_namespace()), client_(make_namespace()) {
  {
    const Visit there(namespace_at(End::server));
    run_ip("link add cable type veth peer name cable netns /proc/" + std::to_string(::getpid()) +
           "/fd/" + std::to_string(client_.get()));
    run_ip("address add " + std::string(kServerAddress) + "/30 dev cable");
    run_ip("link set cable up");
  }
  const Visit there(namespace_at(End::client));
  run_ip("address add 10.213.0.2/30 dev cable");
  run_ip("link set cable up");
}

void Cable::pull() {
  const Visit there(namespace_at(End::server));
  run_ip("link set cable down");
}

void Cable::plug() {
  const Visit there(namespace_at(End::server));
  run_ip("link set cable up");
}

}  // namespace rqpp::test
