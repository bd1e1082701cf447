#pragma once

#include <memory>
#include <span>
#include <string>

#include "in_memory/keyspace.h"
#include "redis/reply.h"
#include "redis/script.h"

struct lua_State;

namespace rqpp::in_memory {

/// Runs the protocol's scripts as Redis does, by the same version of Lua, on an in-memory keyspace.
/// So an in-memory queue behaves as a real one because it is one, not because somebody wrote it
/// twice.
class ScriptEngine {
 public:
  /// The keyspace must outlive it.
  explicit ScriptEngine(Keyspace& keys);

  /// An error in the script is an error reply.
  redis::Reply call(const redis::Script& script, std::span<const std::string> keys,
                    std::span<const std::string> args);

 private:
  struct Close {
    void operator()(lua_State* lua) const;
  };
  std::unique_ptr<lua_State, Close> lua_;
};

}  // namespace rqpp::in_memory
