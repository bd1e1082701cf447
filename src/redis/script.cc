#include "redis/script.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

namespace rqpp::redis {
namespace {

std::string sha1_hex(const std::string& text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 0xF]);
  }
  return hex;
}

}  // namespace

Script::Script(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), sha_(sha1_hex(text_)) {}

}  // namespace rqpp::redis
