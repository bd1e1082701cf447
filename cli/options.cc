#include "options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "duration.h"
#include "size.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr char kWordMark = '\x1f';  // in front of a word that CLI11 would take apart
constexpr const char* kNoLimit = "forever";

bool is_duration(const std::string& word) {
  try {
    parse_duration(word);
    return true;
  } catch (const InvalidArgument&) {
    return false;
  }
}

// CLI11 shows it behind the option's name.
template <class Function>
auto checked(const std::string& option, const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(fmt::format("{}: {}", option, error.what()));
  }
}

}  // namespace

void add_url(CLI::App& command, Context& context) {
  command
      .add_option("-u,--url", context.url,
                  "Where Redis is: redis://, rediss://, unix:// or private:")
      ->type_name("URL");
}

CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::function<void(std::chrono::seconds)> take, const std::string& help) {
  return command
      .add_option_function<std::string>(
          name,
          [name, take = std::move(take)](const std::string& text) {
            take(checked(name, [&text] { return parse_duration(text); }));
          },
          help)
      ->type_name("DURATION");
}

CLI::Option* add_size(CLI::App& command, const std::string& name,
                      std::function<void(std::int64_t)> take, const std::string& help) {
  return command
      .add_option_function<std::string>(
          name,
          [name, take = std::move(take)](const std::string& text) {
            take(checked(name, [&text] { return parse_size(text); }));
          },
          help)
      ->type_name("SIZE");
}

CLI::Option* add_repeatable(CLI::App& command, const std::string& name,
                            std::vector<std::string>& values, const std::string& help) {
  return command.add_option(name, values, help)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option* add_serializer(CLI::App& command, std::function<void(Serializer)> take) {
  return command
      .add_option_function<std::string>(
          "-S,--serializer",
          [take = std::move(take)](const std::string& name) {
            if (name != "pickle" && name != "json") {
              throw InvalidArgument(
                  fmt::format("--serializer: '{}' is neither pickle nor json", name));
            }
            take(name == "json" ? Serializer::json : Serializer::pickle);
          },
          "How the call and its result are written: pickle (as plain data) or json")
      ->type_name("NAME")
      ->default_str("pickle");
}

CLI::Option* add_wait(CLI::App& command, std::function<void(std::chrono::seconds)> take) {
  return command
      .add_option_function<std::string>(
          "--wait",
          [take = std::move(take)](const std::string& text) {
            if (text == kNoLimit) return take(kForever);
            const auto limit = checked("--wait", [&text] { return parse_duration(text); });
            if (limit.count() < 0) throw InvalidArgument("--wait: use 0 s or more");
            take(limit);
          },
          "Wait for the result, without a value for ever")
      ->type_name("[DURATION]");
}

void add_examples(CLI::App& command, const std::string& examples) {
  command.footer("Examples:\n" + examples);
}

std::vector<std::string> complete_words(const std::vector<std::string>& words) {
  const auto end_of_options = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> complete;
  for (auto word = words.begin(); word != end_of_options; ++word) {
    const auto next = word + 1;
    if (*word == "--wait" && (next == words.end() || !is_duration(*next))) {
      complete.push_back(fmt::format("--wait={}", kNoLimit));
    } else if (word->size() > 1 && word->front() == '[' && word->back() == ']') {
      complete.push_back(kWordMark + *word);
    } else {
      complete.push_back(*word);
    }
  }
  if (end_of_options == words.end()) return complete;
  for (auto word = end_of_options + 1; word != words.end(); ++word) {
    complete.push_back(kWordMark + *word);
  }
  return complete;
}

std::string given_word(const std::string& word) {
  return !word.empty() && word.front() == kWordMark ? word.substr(1) : word;
}

std::vector<std::string> given_words(std::vector<std::string> words) {
  for (std::string& word : words) word = given_word(word);
  return words;
}

}  // namespace rqpp::cli
