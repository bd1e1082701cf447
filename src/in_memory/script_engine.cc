#include "in_memory/script_engine.h"

#include <fmt/format.h>
#include <lua.hpp>

#include <cstdint>
#include <vector>

#include "in_memory/commands.h"

#include <rqpp/error.h>

namespace rqpp::in_memory {
namespace {

constexpr const char* kKeyspace = "rqpp.keyspace";
constexpr const char* kScripts = "rqpp.scripts";

void push_text(lua_State* lua, const std::string& text) {
  lua_pushlstring(lua, text.data(), text.size());
}

/// A table with one field, as Redis shows errors and statuses.
void push_labeled(lua_State* lua, const char* label, const std::string& text) {
  lua_createtable(lua, 0, 1);
  push_text(lua, text);
  lua_setfield(lua, -2, label);
}

void push_reply(lua_State* lua, const redis::Reply& reply) {
  luaL_checkstack(lua, 4, "a reply is nested too deep");
  switch (reply.type) {
    case redis::Reply::Type::nil:
      lua_pushboolean(lua, 0);
      break;
    case redis::Reply::Type::integer:
      lua_pushnumber(lua, static_cast<lua_Number>(reply.number));
      break;
    case redis::Reply::Type::string:
      push_text(lua, reply.text);
      break;
    case redis::Reply::Type::status:
      push_labeled(lua, "ok", reply.text);
      break;
    case redis::Reply::Type::error:
      push_labeled(lua, "err", reply.text);
      break;
    case redis::Reply::Type::array:
      lua_createtable(lua, static_cast<int>(reply.elements.size()), 0);
      for (std::size_t i = 0; i < reply.elements.size(); ++i) {
        push_reply(lua, reply.elements[i]);
        lua_rawseti(lua, -2, static_cast<int>(i) + 1);
      }
      break;
  }
}

std::string text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, index, &size);
  return {bytes, size};
}

std::optional<std::string> label_at(lua_State* lua, int index, const char* label) {
  lua_getfield(lua, index, label);
  std::optional<std::string> found;
  if (lua_isstring(lua, -1)) found = text_at(lua, -1);
  lua_pop(lua, 1);
  return found;
}

redis::Reply reply_at(lua_State* lua, int index);

redis::Reply table_at(lua_State* lua, int index) {
  if (auto error = label_at(lua, index, "err")) {
    return {.type = redis::Reply::Type::error, .text = *error};
  }
  if (auto word = label_at(lua, index, "ok")) return status(*word);
  std::vector<redis::Reply> elements;
  luaL_checkstack(lua, 4, "a table is nested too deep");
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, index, i);
    const bool is_end = lua_isnil(lua, -1);
    if (!is_end) elements.push_back(reply_at(lua, lua_gettop(lua)));
    lua_pop(lua, 1);
    if (is_end) return array(std::move(elements));
  }
}

/// What a script returns, as Redis makes a reply of it.
redis::Reply reply_at(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TNUMBER:
      return number(static_cast<std::int64_t>(lua_tonumber(lua, index)));
    case LUA_TSTRING:
      return text(text_at(lua, index));
    case LUA_TBOOLEAN:
      return lua_toboolean(lua, index) != 0 ? number(1) : nil();
    case LUA_TTABLE:
      return table_at(lua, index);
    default:
      return nil();
  }
}

/// The words of redis.call(…); Redis writes numbers with 17 digits.
bool read_words(lua_State* lua, std::vector<std::string>& words) {
  for (int i = 1; i <= lua_gettop(lua); ++i) {
    if (lua_type(lua, i) == LUA_TNUMBER) {
      words.push_back(fmt::format("{:.17g}", lua_tonumber(lua, i)));
    } else if (lua_type(lua, i) == LUA_TSTRING) {
      words.push_back(text_at(lua, i));
    } else {
      return false;
    }
  }
  return !words.empty();
}

redis::Reply run_command(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kKeyspace);
  auto* keys = static_cast<Keyspace*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  std::vector<std::string> words;
  if (!read_words(lua, words)) {
    return {.type = redis::Reply::Type::error,
            .text = "ERR Lua redis lib command arguments must be strings or integers"};
  }
  return execute(*keys, words);
}

int redis_pcall(lua_State* lua) {
  push_reply(lua, run_command(lua));
  return 1;
}

int redis_call(lua_State* lua) {
  bool is_error = false;
  {
    // Gone before lua_error, which jumps.
    const redis::Reply reply = run_command(lua);
    push_reply(lua, reply);
    is_error = reply.is_error();
  }
  return is_error ? lua_error(lua) : 1;
}

int error_reply(lua_State* lua) {
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "err");
  return 1;
}

void set_global_list(lua_State* lua, const char* name, std::span<const std::string> words) {
  lua_createtable(lua, static_cast<int>(words.size()), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    push_text(lua, words[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
  lua_setglobal(lua, name);
}

void open_libraries(lua_State* lua) {
  for (const auto& [name, open] : std::initializer_list<std::pair<const char*, lua_CFunction>>{
           {"", luaopen_base},
           {LUA_TABLIBNAME, luaopen_table},
           {LUA_STRLIBNAME, luaopen_string},
           {LUA_MATHLIBNAME, luaopen_math}}) {
    lua_pushcfunction(lua, open);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
  }
}

/// Puts the script's function on the stack; compiled once.
void push_function(lua_State* lua, const redis::Script& script) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kScripts);
  lua_getfield(lua, -1, script.sha().c_str());
  if (lua_isnil(lua, -1)) {
    lua_pop(lua, 1);
    const std::string name = "@" + script.name();
    if (luaL_loadbuffer(lua, script.text().data(), script.text().size(), name.c_str()) != 0) {
      throw Error("Lua does not take a script of the protocol: " + text_at(lua, -1));
    }
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, script.sha().c_str());
  }
  lua_remove(lua, -2);
}

}  // namespace

void ScriptEngine::Close::operator()(lua_State* lua) const { lua_close(lua); }

ScriptEngine::ScriptEngine(Keyspace& keys) : lua_(luaL_newstate()) {
  lua_State* lua = lua_.get();
  if (lua == nullptr) throw Error("there is no memory for Lua");
  open_libraries(lua);
  lua_pushlightuserdata(lua, &keys);
  lua_setfield(lua, LUA_REGISTRYINDEX, kKeyspace);
  lua_newtable(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kScripts);

  const luaL_Reg functions[] = {{"call", redis_call},
                                {"pcall", redis_pcall},
                                {"error_reply", error_reply},
                                {nullptr, nullptr}};
  luaL_register(lua, "redis", functions);
  lua_settop(lua, 0);
}

redis::Reply ScriptEngine::call(const redis::Script& script, std::span<const std::string> keys,
                                std::span<const std::string> args) {
  lua_State* lua = lua_.get();
  set_global_list(lua, "KEYS", keys);
  set_global_list(lua, "ARGV", args);
  push_function(lua, script);
  const bool failed = lua_pcall(lua, 0, 1, 0) != 0;
  redis::Reply reply;
  if (!failed || lua_istable(lua, -1)) {
    reply = reply_at(lua, lua_gettop(lua));
  } else {
    reply.text = "ERR " + (lua_isstring(lua, -1) ? text_at(lua, -1) : script.name());
  }
  if (failed) reply.type = redis::Reply::Type::error;
  lua_settop(lua, 0);
  return reply;
}

}  // namespace rqpp::in_memory
