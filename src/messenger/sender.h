#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "worker/allowed_hosts.h"

#include <rqpp/webhook.h>

namespace rqpp::messenger {

/// Sends requests as RQ does (Python's urllib), many at once, in one thread.
class Sender {
 public:
  struct Done {
    std::uint64_t number = 0;  ///< As it was given to `send`.
    std::string trouble{};     ///< Why it was not received; empty: it was.
  };

  explicit Sender(worker::AllowedHosts hosts = {});
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender();

  /// A POST has the body. It waits while there are many others. Throws Error, also for a host that
  /// is not allowed.
  void send(std::uint64_t number, const Webhook& webhook, std::string_view body);

  /// Goes on with what was sent, until something is done, `fd` can be read or the time is over. An
  /// `fd` of -1 is none.
  std::vector<Done> wait(int fd, std::chrono::milliseconds most);

 private:
  struct FreeHeaders {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  /// It stays where it is, since libcurl knows its address.
  struct Request {
    std::uint64_t number = 0;
    const worker::AllowedHosts* hosts = nullptr;
    Webhook webhook{};
    std::string body{};
    bool answered = false;    // the answer has begun, and nobody wants the rest
    bool refused = false;     // to be redirected
    std::string forbidden{};  // the host to which it was redirected
    std::array<char, CURL_ERROR_SIZE> error{};
    std::unique_ptr<curl_slist, FreeHeaders> headers{};
    std::unique_ptr<CURL, FreeHandle> handle{};
  };

  static std::size_t take_header(char* line, std::size_t one, std::size_t size, void* request);
  static std::size_t take_answer(char*, std::size_t, std::size_t, void* request);
  static void add_header(Request& request, const std::string& line);
  static void set_headers(Request& request);
  static void prepare(Request& request);
  static void take_location(Request& request, std::string_view location);
  static std::string trouble_of(const Request& request, CURLcode result);
  void begin_some();
  std::vector<Done> go_on();

  worker::AllowedHosts hosts_;
  CURLM* multi_ = nullptr;
  std::deque<std::unique_ptr<Request>> waiting_{};
  std::map<CURL*, std::unique_ptr<Request>> running_{};
};

}  // namespace rqpp::messenger
