#pragma once

#include <optional>
#include <string>

#include "base/fd.h"

namespace rqpp::test {

/// Two network namespaces and a cable between them (a veth pair), as two machines have. Nothing of
/// this machine's network is touched.
class Cable {
 public:
  enum class End { server, client };
  static constexpr const char* kServerAddress = "10.213.0.1";

  /// Throws Error, saying why, where this is not allowed: it needs the rights of root in its
  /// network namespace, and iproute2. `unshare --user --map-root-user --net` gives them.
  Cable();

  /// Packets vanish in both directions, and nobody is told.
  void pull();
  void plug();

  /// While it lives, what the calling thread starts is in that namespace.
  class Visit {
   public:
    explicit Visit(int network);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    base::Fd home_;
  };
  int namespace_at(End end) const { return end == End::server ? server_.get() : client_.get(); }

 private:
  base::Fd server_;
  base::Fd client_;
};

}  // namespace rqpp::test
