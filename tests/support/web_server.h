#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace rqpp::test {

/// An HTTP server on the loopback interface that answers 200 and remembers what it was asked.
class WebServer {
 public:
  struct Request {
    std::string head{};  ///< The first line and the headers.
    std::string body{};
  };

  WebServer();
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// What begins with `/late` is answered by `answer_late` alone, and `/to?URL` sends on to the
  /// URL.
  std::string url(const std::string& path) const;
  std::vector<Request> requests() const;
  void answer_late();

 private:
  void serve();
  void take(base::Fd client);

  base::Fd listener_;
  std::uint16_t port_ = 0;
  base::Fd stop_reading_;
  base::Fd stop_writing_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_{};
  std::vector<base::Fd> late_{};
  std::thread thread_;
};

}  // namespace rqpp::test
