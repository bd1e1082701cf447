#include "doctor/command_line.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "doctor/facts.h"
#include "doctor/pattern.h"

namespace rqpp::doctor {
namespace {

template <std::size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 14> kGroups{
    "CONFIG", "CLIENT", "SCRIPT", "OBJECT", "MEMORY", "LATENCY", "SLOWLOG",
    "XGROUP", "XINFO",  "DEBUG",  "ACL",    "PUBSUB", "CLUSTER", "FUNCTION"};
constexpr std::array<std::string_view, 6> kScriptCalls{"EVAL",       "EVALSHA", "EVAL_RO",
                                                       "EVALSHA_RO", "FCALL",   "FCALL_RO"};

std::string script_of_call(std::string_view command, std::span<const std::string> words) {
  if (command.starts_with("EVALSHA")) return script_name(words[1]);
  if (command.starts_with("FCALL")) return "function " + words[1].substr(0, kMostNameBytes);
  constexpr std::size_t kShownText = 40;
  return "script '" + words[1].substr(0, kShownText) + "…'";
}

/// Where the first key stands among the words of somebody's command; 0: nowhere. (None of them is
/// ever sent.)
std::size_t place_of_key(std::string_view command, std::span<const std::string> words) {
  constexpr std::array<std::string_view, 5> kBehindAWord{"OBJECT", "MEMORY", "XGROUP", "XINFO",
                                                         "BITOP"};
  constexpr std::array<std::string_view, 10> kWithoutKey{
      "SCAN", "SELECT", "AUTH", "HELLO", "INFO", "WAIT", "PING", "ECHO", "XREADGROUP", "KEYS"};
  if (is_one_of(command, kScriptCalls)) return words.size() > 2 && words[2] != "0" ? 3 : 0;
  if (is_one_of(command, kBehindAWord)) return 2;
  if (is_one_of(command, kGroups) || is_one_of(command, kWithoutKey)) return 0;
  return 1;
}

}  // namespace

std::string shown_command(std::string_view name) {
  constexpr std::size_t kLongestName = 32;
  std::string shown(name.substr(0, kLongestName));
  for (char& c : shown) {
    c = c == '|' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return shown;
}

std::string command_of(std::span<const std::string> words) {
  if (words.empty()) return {};
  std::string command = shown_command(words[0]);
  if (words.size() > 1 && is_one_of(command, kGroups)) command += ' ' + shown_command(words[1]);
  return command;
}

std::string key_of_call(std::span<const std::string> words) {
  if (words.empty()) return {};
  const std::size_t place = place_of_key(shown_command(words[0]), words);
  return place == 0 || place >= words.size() ? std::string() : words[place];
}

std::string pattern_of_call(std::span<const std::string> words) {
  if (words.size() < 2) return {};
  const std::string command = shown_command(words[0]);
  if (command == "KEYS") return words[1].substr(0, kMostNameBytes);
  const std::string key = key_of_call(words);
  const std::string pattern = key.empty() ? key : pattern_of(key);
  if (!is_one_of(command, kScriptCalls)) return pattern;
  const std::string script = script_of_call(command, words);
  return pattern.empty() ? script : script + " on " + pattern;
}

}  // namespace rqpp::doctor
