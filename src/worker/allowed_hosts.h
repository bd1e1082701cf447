#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rqpp::worker {

/// The hosts to which an operator lets webhooks go. Names are compared without case and final dot;
/// `*.example.org` is every name below example.org, and not example.org itself.
class AllowedHosts {
 public:
  /// All hosts.
  AllowedHosts() = default;
  explicit AllowedHosts(std::vector<std::string> hosts);
  /// Of a list with commas, as the worker hands it over.
  static AllowedHosts of_text(std::string_view text);

  bool contains(std::string_view host) const;

 private:
  bool any_ = true;
  std::vector<std::string> hosts_{};
};

}  // namespace rqpp::worker
