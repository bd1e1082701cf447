// A network that is slow: passes on what clients and Redis say to each other, later.
//
//     delay PORT MICROSECONDS
//
// Listens on a port of 127.0.0.1, which it prints, until its standard input ends. MICROSECONDS is
// what a round trip takes longer; half of it is added each way. How many bytes are on the way is
// not limited.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <list>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Chunk {
  Clock::time_point due;
  std::string bytes;  // empty: the sender has closed its end
};

struct Link {
  std::array<int, 2> ends;                // the client's, Redis'
  std::array<std::deque<Chunk>, 2> to{};  // on the way to each end
  std::array<bool, 2> open{true, true};   // may still send
  bool over = false;
};

sockaddr_in address(int port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<std::uint16_t>(port));
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result;
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_somewhere() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here = address(0);
  socklen_t length = sizeof here;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&here), length) != 0 ||
      ::listen(listener, 512) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&here), &length) != 0) {
    fail("delay: cannot listen");
  }
  std::cout << ntohs(here.sin_port) << std::endl;
  return listener;
}

Link connect(int client, int port) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in there = address(port);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) {
    fail("delay: cannot reach Redis");
  }
  const int yes = 1;
  for (const int end : {client, server}) {
    ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  return Link{.ends = {client, server}};
}

void receive(Link& link, std::size_t from, Clock::duration delay) {
  static std::array<char, 1 << 18> buffer;
  const ssize_t size = ::recv(link.ends[from], buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) link.open[from] = false;
  link.to[1 - from].push_back(
      {Clock::now() + delay, size > 0 ? std::string(buffer.data(), std::size_t(size)) : ""});
}

/// Sends what is due, as much as the end takes.
void deliver(Link& link, std::size_t end, Clock::time_point now) {
  auto& chunks = link.to[end];
  while (!chunks.empty() && chunks.front().due <= now) {
    std::string& bytes = chunks.front().bytes;
    const ssize_t sent = bytes.empty() ? -1
                                       : ::send(link.ends[end], bytes.data(), bytes.size(),
                                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !bytes.empty() && errno == EAGAIN) return;
    if (sent < 0) {
      link.over = true;
      return;
    }
    bytes.erase(0, std::size_t(sent));
    if (!bytes.empty()) return;
    chunks.pop_front();
  }
}

/// Until something is due: none if nothing is on the way. A chunk that is late waits for its end to
/// take it, which poll(2) tells.
timespec until_due(const std::list<Link>& links, Clock::time_point now) {
  auto wait = Clock::duration{std::chrono::seconds{10}};
  for (const Link& link : links) {
    for (const auto& chunks : link.to) {
      if (!chunks.empty() && chunks.front().due > now) {
        wait = std::min(wait, chunks.front().due - now);
      }
    }
  }
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
  return {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}

std::vector<pollfd> watched(int listener, const std::list<Link>& links, Clock::time_point now) {
  std::vector<pollfd> all{{0, POLLIN, 0}, {listener, POLLIN, 0}};
  for (const Link& link : links) {
    for (std::size_t end = 0; end < 2; ++end) {
      const auto& chunks = link.to[end];
      const bool late = !chunks.empty() && chunks.front().due <= now;
      const int events = (link.open[end] ? POLLIN : 0) | (late ? POLLOUT : 0);
      all.push_back({events == 0 ? -1 : link.ends[end], static_cast<short>(events), 0});
    }
  }
  return all;
}

[[noreturn]] void serve(int port, Clock::duration delay) {
  const int listener = listen_somewhere();
  std::list<Link> links;
  for (;;) {
    auto now = Clock::now();
    auto all = watched(listener, links, now);
    const timespec wait = until_due(links, now);
    ::ppoll(all.data(), all.size(), &wait, nullptr);
    if (all[0].revents != 0) std::exit(0);
    now = Clock::now();
    std::size_t at = 2;
    for (Link& link : links) {
      for (std::size_t end = 0; end < 2; ++end, ++at) {
        if ((all[at].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && link.open[end]) {
          receive(link, end, delay);
        }
      }
      for (std::size_t end = 0; end < 2 && !link.over; ++end) deliver(link, end, now);
      if (link.over) {
        for (const int end : link.ends) ::close(end);
      }
    }
    links.remove_if([](const Link& link) { return link.over; });
    if (all[1].revents != 0) {
      links.push_back(connect(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), port));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "delay PORT MICROSECONDS\n";
    return 2;
  }
  ::prctl(PR_SET_TIMERSLACK, 1000);  // wakes up within a microsecond of when it should
  serve(std::atoi(argv[1]), std::chrono::microseconds{std::atoi(argv[2])} / 2);
}
