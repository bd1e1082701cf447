#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rqpp/error.h>

#include "base/fd.h"
#include "expect.h"
#include "worker/broker.h"
#include "worker/frames.h"
#include "worker/supervisor.h"

namespace rqpp::fuzz {

/// Takes numbers and texts from the front of an input.
class Script {
 public:
  explicit Script(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  /// A length of two bytes, and as many bytes.
  std::string_view text() {
    const std::size_t high = byte();
    const std::size_t low = byte();
    const std::size_t size = std::min(high << 8 | low, rest_.size());
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view rest_;
};

/// The other end of a worker's connections: it says what it is told to.
class Peer {
 public:
  Peer() {
    ::mkdtemp(folder_.data());
    path_ = folder_ + "/s";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    expect(
        ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
        "a socket is bound");
    ::listen(listener_.get(), 64);
  }
  ~Peer() {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  redis::Settings settings() const { return {.unix_path = path_}; }

  /// Greets those who have come, and hears what they say.
  void serve() {
    for (;;) {
      base::Fd come(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!come) break;
      clients_.push_back(std::move(come));
      send(clients_.back(), "+PONG\r\n");
    }
    std::erase_if(clients_, [](const base::Fd& client) {
      char bytes[4096];
      ssize_t got = 0;
      while ((got = ::recv(client.get(), bytes, sizeof bytes, 0)) > 0) {
      }
      return got == 0;
    });
  }
  void say(std::string_view bytes) {
    for (const base::Fd& client : clients_) send(client, bytes);
  }
  void forget_all() {
    serve();
    clients_.clear();
  }

 private:
  static void send(const base::Fd& client, std::string_view bytes) {
    static_cast<void>(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  std::string folder_ = "/tmp/rqpp-fuzz-XXXXXX";
  std::string path_{};
  base::Fd listener_{};
  std::vector<base::Fd> clients_{};
};

/// A worker's decisions and its dealings with Redis. What Redis and the horses say is the input's;
/// whatever that is, nothing may be thrown: in the worker it would cost a connection or a job.
class Worker {
 public:
  explicit Worker(Peer& peer)
      : peer_(peer),
        broker_({.worker = {.name = "w", .queues = {"q", "low"}}}, peer.settings(), base::Log()),
        supervisor_({.queues = {"q", "low"},
                     .horses = 2,
                     .maintenance_interval = std::chrono::seconds{600}}) {
    handle(worker::Begin{});
    handle(worker::RedisLost{});  // the broker has not connected yet
    for (int horse = 1; horse <= 3; ++horse) handle(worker::HorseReady{horse});
  }

  void turn() {
    broker_.flush(now_);
    now_.steady =
        std::clamp(broker_.next_step(), now_.steady, now_.steady + std::chrono::seconds{6});
    peer_.serve();
    std::vector<pollfd> fds;
    broker_.watch(fds);
    ::poll(fds.data(), fds.size(), 0);
    for (worker::Event& event : broker_.step(fds, now_)) handle(std::move(event));
    (void)broker_.take_webhooks();
  }

  void hear(std::uint8_t horse, std::uint8_t type, std::string_view payload) {
    try {
      auto frame = worker::decode<worker::FromHorse>(type, payload);
      if (auto* outcome = std::get_if<worker::Outcome>(&frame)) {
        handle(worker::JobEnded{horse, std::move(*outcome), {}, {}});
      } else if (const auto* meta = std::get_if<worker::MetaSaved>(&frame)) {
        handle(*meta);
        broker_.save_meta({.saved = *meta});
      } else if (const auto* request = std::get_if<worker::EnqueueRequest>(&frame)) {
        broker_.enqueue("j", *request);
      }
    } catch (const DecodeError&) {  // its horse is killed
      handle(worker::HorseEnded{horse, "killed", {}, {}});
    }
  }

  void happen(std::uint8_t what, std::uint8_t detail) {
    switch (what % 8) {
      case 0:
        return handle(worker::HorseReady{detail});
      case 1:
        return handle(worker::HorseEnded{detail, "it ended", {}, {}});
      case 2:
        return handle(worker::StopRequested{});
      case 3:
        return handle(worker::KillHorses{});
      case 4:
        return handle(worker::Suspended{});
      case 5:
        return handle(worker::Resumed{});
      case 6:
        return handle(worker::HorseNotForked{detail});
      default:
        now_.steady += std::chrono::seconds{detail};
        now_.wall += std::chrono::seconds{detail};
        return handle(worker::Tick{});
    }
  }

 private:
  void handle(worker::Event event) {
    for (worker::Action& action : supervisor_.on(std::move(event), now_)) {
      std::visit([this](auto& it) { perform(it); }, action);
    }
  }

  template <class T>
  void perform(T& it) {
    if constexpr (requires { broker_.perform(it, now_.wall); }) {
      broker_.perform(it, now_.wall);
    } else if constexpr (requires { broker_.perform(std::move(it)); }) {
      broker_.perform(std::move(it));
    }
  }

  Peer& peer_;
  base::Moment now_{base::Moment::Steady{std::chrono::hours{1}}, Time{std::chrono::hours{500'000}}};
  worker::Broker broker_;
  worker::Supervisor supervisor_;
};

inline void fuzz_worker(std::string_view bytes) {
  static Peer peer;
  peer.forget_all();
  Script script(bytes);
  Worker worker(peer);
  for (int i = 0; i < 3; ++i) worker.turn();
  for (int steps = 0; steps < 64 && !script.done(); ++steps) {
    switch (script.byte() % 3) {
      case 0:
        peer.say(script.text());
        break;
      case 1: {
        const std::uint8_t horse = script.byte();
        const std::uint8_t type = script.byte();
        worker.hear(horse, type, script.text());
        break;
      }
      default: {
        const std::uint8_t what = script.byte();
        worker.happen(what, script.byte());
      }
    }
    for (int i = 0; i < 2; ++i) worker.turn();
  }
}

}  // namespace rqpp::fuzz
