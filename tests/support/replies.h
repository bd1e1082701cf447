#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "redis/reply.h"

// What Redis answers, for tests that hand replies to readers.
namespace rqpp::test {

inline redis::Reply with_text(redis::Reply::Type type, std::string text) {
  redis::Reply reply;
  reply.type = type;
  reply.text = std::move(text);
  return reply;
}

inline redis::Reply text(std::string value) {
  return with_text(redis::Reply::Type::string, std::move(value));
}
inline redis::Reply status(std::string words) {
  return with_text(redis::Reply::Type::status, std::move(words));
}
inline redis::Reply error(std::string words) {
  return with_text(redis::Reply::Type::error, std::move(words));
}
inline redis::Reply number(std::int64_t value) {
  redis::Reply reply;
  reply.type = redis::Reply::Type::integer;
  reply.number = value;
  return reply;
}
inline redis::Reply array(std::vector<redis::Reply> elements) {
  redis::Reply reply;
  reply.type = redis::Reply::Type::array;
  reply.elements = std::move(elements);
  return reply;
}

}  // namespace rqpp::test
