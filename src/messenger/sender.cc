#include "messenger/sender.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include <rqpp/error.h>
#include <rqpp/version.h>

namespace rqpp::messenger {
namespace {

constexpr std::size_t kMostAtOnce = 100;
constexpr long kMostRedirects = 10;  // urllib's

bool has_header(const Webhook& webhook, const char* name) {
  return std::any_of(webhook.headers.begin(), webhook.headers.end(), [name](const auto& header) {
    return ::strcasecmp(header.first.c_str(), name) == 0;
  });
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// The host that libcurl would ask for `url`, which may be relative to `base`; empty: it would ask
/// none.
std::string host_of(const char* base, const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parts(curl_url());
  char* host = nullptr;
  if (!parts ||
      (base != nullptr && curl_url_set(parts.get(), CURLUPART_URL, base, 0) != CURLUE_OK) ||
      curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return {};
  }
  std::string text = host;
  curl_free(host);
  return text;
}

}  // namespace

Sender::Sender(worker::AllowedHosts hosts) : hosts_(std::move(hosts)) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw Error("libcurl cannot begin");
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw Error("libcurl has no memory");
}

Sender::~Sender() {
  for (auto& [handle, request] : running_) curl_multi_remove_handle(multi_, handle);
  running_.clear();
  curl_multi_cleanup(multi_);
}

void Sender::send(std::uint64_t number, const Webhook& webhook, std::string_view body) {
  if (const std::string host = host_of(nullptr, webhook.url); !hosts_.contains(host)) {
    throw Error(fmt::format("this worker may not send any to the host '{}'", host));
  }
  auto request = std::make_unique<Request>();
  request->number = number;
  request->hosts = &hosts_;
  request->webhook = webhook;
  if (webhook.method == Webhook::Method::post) request->body = body;
  waiting_.push_back(std::move(request));
  begin_some();
}

std::vector<Sender::Done> Sender::wait(int fd, std::chrono::milliseconds most) {
  std::vector<Done> done = go_on();
  if (!done.empty()) return done;
  curl_waitfd extra{.fd = fd, .events = CURL_WAIT_POLLIN, .revents = 0};
  curl_multi_poll(multi_, &extra, fd < 0 ? 0 : 1, static_cast<int>(most.count()), nullptr);
  return go_on();
}

void Sender::begin_some() {
  while (!waiting_.empty() && running_.size() < kMostAtOnce) {
    std::unique_ptr<Request> request = std::move(waiting_.front());
    waiting_.pop_front();
    prepare(*request);
    CURL* handle = request->handle.get();
    running_[handle] = std::move(request);
    curl_multi_add_handle(multi_, handle);
  }
}

std::vector<Sender::Done> Sender::go_on() {
  int left = 0;
  curl_multi_perform(multi_, &left);
  std::vector<Done> done;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* handle = message->easy_handle;
    const CURLcode result = message->data.result;  // the message is gone with its handle
    const auto found = running_.find(handle);
    done.push_back({found->second->number, trouble_of(*found->second, result)});
    curl_multi_remove_handle(multi_, handle);
    running_.erase(found);
  }
  begin_some();
  return done;
}

// urllib does not send a body to another place: it follows a POST's 301, 302 and 303 with a GET, as
// libcurl does, and takes 307 and 308 for errors.
std::size_t Sender::take_header(char* line, std::size_t, std::size_t size, void* data) {
  auto& request = *static_cast<Request*>(data);
  const std::string_view text(line, size);
  constexpr std::string_view kLocation = "location:";
  if (::strncasecmp(line, kLocation.data(), std::min(size, kLocation.size())) == 0) {
    take_location(request, text.substr(std::min(size, kLocation.size())));
    return request.forbidden.empty() ? size : 0;
  }
  if (!text.starts_with("HTTP/")) return size;
  long code = 0;
  curl_easy_getinfo(request.handle.get(), CURLINFO_RESPONSE_CODE, &code);
  request.refused = request.webhook.method == Webhook::Method::post && (code == 307 || code == 308);
  return request.refused ? 0 : size;
}

// Before libcurl follows it: even to connect to another host may be more than was allowed.
void Sender::take_location(Request& request, std::string_view location) {
  const auto begin = location.find_first_not_of(" \t");
  const auto end = location.find_last_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return;
  const char* here = nullptr;
  curl_easy_getinfo(request.handle.get(), CURLINFO_EFFECTIVE_URL, &here);
  const std::string host = host_of(here, std::string(location.substr(begin, end - begin + 1)));
  if (!request.hosts->contains(host)) request.forbidden = host.empty() ? "?" : host;
}

std::size_t Sender::take_answer(char*, std::size_t, std::size_t, void* request) {
  static_cast<Request*>(request)->answered = true;
  return 0;
}

void Sender::add_header(Request& request, const std::string& line) {
  curl_slist* longer = curl_slist_append(request.headers.get(), line.c_str());
  if (longer == nullptr) return;
  (void)request.headers.release();
  request.headers.reset(longer);
}

void Sender::set_headers(Request& request) {
  const bool posts = request.webhook.method == Webhook::Method::post;
  if (posts && !has_header(request.webhook, "Content-Type")) {
    add_header(request, "Content-Type: application/json");
  }
  // Else libcurl would ask before it sends a large body, and wait a second for the answer.
  if (posts && !has_header(request.webhook, "Expect")) add_header(request, "Expect:");
  for (const auto& [name, value] : request.webhook.headers) {
    add_header(request,
               value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value));
  }
  curl_easy_setopt(request.handle.get(), CURLOPT_HTTPHEADER, request.headers.get());
}

void Sender::prepare(Request& request) {
  request.handle.reset(curl_easy_init());
  CURL* handle = request.handle.get();
  if (handle == nullptr) throw Error("libcurl has no memory");
  constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max() / 1000;
  const auto seconds = std::min<std::int64_t>(request.webhook.timeout.count(), kLongest);
  curl_easy_setopt(handle, CURLOPT_URL, request.webhook.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(seconds));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "rqpp/" RQPP_VERSION);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, request.error.data());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &request);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_answer);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &request);
  // As every user of OpenSSL reads them, Python too.
  if (const char* file = std::getenv("SSL_CERT_FILE")) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, file);
  }
  if (const char* folder = std::getenv("SSL_CERT_DIR")) {
    curl_easy_setopt(handle, CURLOPT_CAPATH, folder);
  }
  if (request.webhook.method == Webhook::Method::post) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  set_headers(request);
}

std::string Sender::trouble_of(const Request& request, CURLcode result) {
  if (!request.forbidden.empty()) {
    return fmt::format("it is redirected to '{}', to which this worker may send none",
                       request.forbidden);
  }
  if (result != CURLE_OK && !request.answered && !request.refused) {
    return request.error[0] != '\0' ? request.error.data() : curl_easy_strerror(result);
  }
  long code = 0;
  curl_easy_getinfo(request.handle.get(), CURLINFO_RESPONSE_CODE, &code);
  return code >= 200 && code < 300 ? std::string() : fmt::format("HTTP status {}", code);
}

}  // namespace rqpp::messenger
