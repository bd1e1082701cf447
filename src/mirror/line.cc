#include "mirror/line.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ids.h"

namespace rqpp::mirror {
namespace {

// What INFO says of the process: 40 hexadecimal digits, by chance, new at each start.
std::string run_id_of(const redis::Reply& info) {
  constexpr std::string_view kField = "\nrun_id:";
  constexpr std::size_t kDigits = 40;
  const std::size_t at = info.text.find(kField);
  if (at != std::string::npos) {
    const std::string id = info.text.substr(at + kField.size(), kDigits);
    const auto is_digit = [](char each) {
      return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'f');
    };
    if (id.size() == kDigits && std::all_of(id.begin(), id.end(), is_digit)) return id;
  }
  // Nobody may know: then each connection may be to another one.
  return base::new_uuid_hex();
}

}  // namespace

Line::Answer Line::ask(const redis::Batch& command) {
  const std::lock_guard lock(turn_);
  for (;;) {
    redis::Reply reply = std::move(connection().run(command).at(0));
    // Should it break in between, another server may have answered: it is asked once more.
    if (connection_->starts() == known_ || learn_server()) return {std::move(reply), server_};
  }
}

redis::Connection& Line::connection() {
  // One that a fork has copied belongs to the other process. Closing it here could say goodbye in
  // that process' name (TLS does); so it is left open.
  if (connection_ && owner_ != ::getpid()) static_cast<void>(connection_.release());
  if (!connection_) {
    redis::Settings settings = find_();
    settings.max_reply_bytes = kMaxReplyBytes;
    connection_ = std::make_unique<redis::Connection>(std::move(settings));
    owner_ = ::getpid();
    known_ = 0;
  }
  return *connection_;
}

/// False when the connection broke meanwhile.
bool Line::learn_server() {
  const std::uint64_t starts = connection_->starts();
  redis::Batch info;
  info.add("INFO", "server");
  std::string server = run_id_of(connection_->try_run(info).at(0));
  if (connection_->starts() != starts) return false;
  known_ = starts;
  server_ = std::move(server);
  return true;
}

}  // namespace rqpp::mirror
