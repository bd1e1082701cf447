#include "worker/allowed_hosts.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace rqpp::worker {
namespace {

std::string normal(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  while (host.ends_with('.')) host.remove_suffix(1);
  std::string text(host);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

AllowedHosts::AllowedHosts(std::vector<std::string> hosts) : any_(false), hosts_(std::move(hosts)) {
  for (std::string& host : hosts_) host = normal(host);
}

AllowedHosts AllowedHosts::of_text(std::string_view text) {
  std::vector<std::string> hosts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    hosts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return AllowedHosts(std::move(hosts));
}

bool AllowedHosts::contains(std::string_view host) const {
  if (any_) return true;
  const std::string name = normal(host);
  return std::ranges::any_of(hosts_, [&name](std::string_view allowed) {
    if (!allowed.starts_with("*.")) return name == allowed;
    const std::string_view end = allowed.substr(1);
    return name.size() > end.size() && name.ends_with(end);
  });
}

}  // namespace rqpp::worker
