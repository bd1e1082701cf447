#include "golden.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

#include "codec/base64.h"
#include "codec/pickle.h"
#include "support/paths.h"

namespace rqpp::golden {
namespace {

using nlohmann::json;

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

double to_double(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

Value::Items items_of(const json& array) {
  Value::Items items;
  for (const json& item : array) items.push_back(value_of(item));
  return items;
}

Value::Pairs pairs_of(const json& array) {
  Value::Pairs pairs;
  for (const json& pair : array) pairs.emplace_back(value_of(pair[0]), value_of(pair[1]));
  return pairs;
}

Value from_python(const std::string& text) {
  for (const json& entry : load("head/pickle.json")["values"]) {
    if (entry["repr"] == text) return codec::read_pickle(bytes_of(entry["minimal_writer"]));
  }
  throw std::runtime_error("no pickle of " + text);
}

}  // namespace

const std::vector<std::string>& versions() {
  static const std::vector<std::string> all{"head", "v2.10.0", "v2.6.1", "v1.16.2", "v1.13.0"};
  return all;
}

const json& load(std::string_view path) {
  static std::map<std::string, json, std::less<>> loaded;
  const auto known = loaded.find(path);
  if (known != loaded.end()) return known->second;
  std::ifstream file(test::golden_dir() + "/rq-vectors/" + std::string(path));
  if (!file) throw std::runtime_error("no golden file " + std::string(path));
  return loaded.emplace(std::string(path), json::parse(file)).first->second;
}

std::string bytes_of(const json& dumped) {
  if (dumped.contains("b64")) return codec::decode_base64(dumped["b64"].get<std::string>());
  if (dumped.contains("hex")) return from_hex(dumped["hex"]);
  return dumped.at("text");
}

Value value_of(const json& tagged) {
  if (tagged.is_null()) return nullptr;
  if (tagged.is_boolean()) return tagged.get<bool>();
  const std::string tag = tagged.begin().key();
  const json& content = tagged.begin().value();
  if (tag == "int") return BigInteger{content};
  if (tag == "float") return to_double(content);
  if (tag == "str") return content.get<std::string>();
  if (tag == "str_surrogatepass_b64") return codec::decode_base64(content.get<std::string>());
  if (tag == "bytes_b64") return Bytes{codec::decode_base64(content.get<std::string>())};
  if (tag == "bytearray_b64") return ByteArray{codec::decode_base64(content.get<std::string>())};
  if (tag == "list") return Value::list(items_of(content));
  if (tag == "tuple") return Value::tuple(items_of(content));
  if (tag == "dict") return Value::dict(pairs_of(content));
  if (tag == "set") return Value::set(items_of(content));
  if (tag == "frozenset") return Value::frozenset(items_of(content));
  if (tag == "python") return from_python(content);
  throw std::runtime_error("unknown tag " + tag);
}

}  // namespace rqpp::golden
