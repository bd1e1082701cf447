#include "support/web_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

#include <rqpp/error.h>

namespace rqpp::test {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

void answer(const base::Fd& client, std::string_view text = kAnswer) {
  // Nobody may be there any more.
  (void)::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

/// The answer to `/to?URL`; empty for others.
std::string redirection(std::string_view head) {
  constexpr std::string_view kBegin = "GET /to?";
  if (!head.starts_with(kBegin)) return {};
  head.remove_prefix(kBegin.size());
  return fmt::format(
      "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      head.substr(0, head.find(' ')));
}

std::size_t length_in(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t found = head.find(kName);
  std::size_t length = 0;
  if (found == std::string_view::npos) return length;
  std::from_chars(head.data() + found + kName.size(), head.data() + head.size(), length);
  return length;
}

WebServer::Request read_request(int client) {
  WebServer::Request request;
  std::string all;
  for (;;) {
    const std::size_t end = all.find("\r\n\r\n");
    if (end != std::string::npos) {
      request.head = all.substr(0, end);
      request.body = all.substr(end + 4);
      if (request.body.size() >= length_in(request.head)) return request;
    }
    std::array<char, 4096> room{};
    const ssize_t got = ::recv(client, room.data(), room.size(), 0);
    if (got <= 0) return request;
    all.append(room.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

WebServer::WebServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* general = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  std::array<int, 2> ends{};
  if (::bind(listener_.get(), general, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), general, &size) != 0 || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error("a web server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  stop_reading_.reset(ends[0]);
  stop_writing_.reset(ends[1]);
  thread_ = std::thread([this] { serve(); });
}

WebServer::~WebServer() {
  stop_writing_.reset();
  thread_.join();
}

std::string WebServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<WebServer::Request> WebServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void WebServer::answer_late() {
  const std::lock_guard lock(mutex_);
  for (const base::Fd& client : late_) answer(client);
  late_.clear();
}

void WebServer::serve() {
  for (;;) {
    std::array<pollfd, 2> set{{{listener_.get(), POLLIN, 0}, {stop_reading_.get(), POLLIN, 0}}};
    ::poll(set.data(), set.size(), -1);
    if (set[1].revents != 0) return;
    take(base::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
}

void WebServer::take(base::Fd client) {
  Request request = read_request(client.get());
  const bool late = request.head.find(" /late") != std::string::npos;
  const std::string elsewhere = redirection(request.head);
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
  if (late) {
    late_.push_back(std::move(client));
  } else if (!elsewhere.empty()) {
    answer(client, elsewhere);
  } else {
    answer(client);
  }
}

}  // namespace rqpp::test
