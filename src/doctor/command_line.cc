#include "doctor/command_line.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "doctor/facts.h"
#include "doctor/pattern.h"

namespace rqpp::doctor {
namespace {

std::string in_upper_case(std::string_view word) {
  constexpr std::size_t kLongestName = 32;
  std::string upper(word.substr(0, kLongestName));
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

template <std::size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 14> kGroups{
    "CONFIG", "CLIENT", "SCRIPT", "OBJECT", "MEMORY", "LATENCY", "SLOWLOG",
    "XGROUP", "XINFO",  "DEBUG",  "ACL",    "PUBSUB", "CLUSTER", "FUNCTION"};
constexpr std::array<std::string_view, 6> kScriptCalls{"EVAL",       "EVALSHA", "EVAL_RO",
                                                       "EVALSHA_RO", "FCALL",   "FCALL_RO"};

std::string pattern_of_script(std::string_view command, std::span<const std::string> words) {
  std::string pattern;
  if (command.starts_with("EVALSHA")) {
    pattern = script_name(words[1]);
  } else if (command.starts_with("FCALL")) {
    pattern = "function " + words[1].substr(0, kMostNameBytes);
  } else {
    constexpr std::size_t kShownText = 40;
    pattern = "script '" + words[1].substr(0, kShownText) + "…'";
  }
  const bool has_key = words.size() > 3 && words[2] != "0";
  return has_key ? pattern + " on " + pattern_of(words[3]) : pattern;
}

}  // namespace

std::string command_of(std::span<const std::string> words) {
  if (words.empty()) return {};
  std::string command = in_upper_case(words[0]);
  if (words.size() > 1 && is_one_of(command, kGroups)) command += ' ' + in_upper_case(words[1]);
  return command;
}

std::string pattern_of_call(std::span<const std::string> words) {
  if (words.size() < 2) return {};
  const std::string command = in_upper_case(words[0]);
  if (is_one_of(command, kScriptCalls)) return pattern_of_script(command, words);
  if (command == "KEYS") return words[1].substr(0, kMostNameBytes);
  // Keys stand behind these words.
  const std::size_t key = command == "OBJECT" || command == "MEMORY" || command == "XGROUP" ||
                                  command == "XINFO" || command == "BITOP"
                              ? 2
                              : 1;
  if (is_one_of(command, kGroups) && key == 1) return {};
  constexpr std::array<std::string_view, 9> kWithoutKey{
      "SCAN", "SELECT", "AUTH", "HELLO", "INFO", "WAIT", "PING", "ECHO", "XREADGROUP"};
  if (is_one_of(command, kWithoutKey) || key >= words.size()) return {};
  return pattern_of(words[key]);
}

}  // namespace rqpp::doctor
