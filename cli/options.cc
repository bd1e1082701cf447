#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "command_tree.h"
#include "duration.h"
#include "python_options.h"
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

// RQ takes the names of its classes as well (`rq.serializers.resolve_serializer`).
Serializer serializer_of(const std::string& name) {
  if (name == "json" || name == "rq.serializers.JSONSerializer") return Serializer::json;
  if (name == "pickle" || name == "rq.serializers.PickleSerializer" ||
      name == "rq.serializers.DefaultSerializer") {
    return Serializer::pickle;
  }
  throw InvalidArgument(fmt::format("--serializer: '{}' is neither pickle nor json", name));
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
  command
      .add_option(
          "--password-file", context.password_file,
          "The password of Redis, where the URL has none: the first line of this file; -: of "
          "standard input; else RQPP_PASSWORD_FILE")
      ->type_name("FILE");
  command
      .add_option("-c,--config", context.config,
                  "A file of RQ's settings, NAME = value, one per line; else RQ_CONFIG")
      ->type_name("FILE");
  add_python_options(command);
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

CLI::Option* add_durations(CLI::App& command, const std::string& name,
                           std::vector<std::chrono::seconds>& values, const std::string& help) {
  return command
      .add_option_function<std::vector<std::string>>(
          name,
          [name, &values](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              values.push_back(checked(name, [&text] { return parse_duration(text); }));
            }
          },
          help)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
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

void add_queues(CLI::App& command, std::vector<std::string>& queues) {
  command.add_option("QUEUES", queues, "In the order of their priority")
      ->type_name("")
      ->default_str("QUEUES of --config, else default");
}

std::vector<std::string> queues_of(const std::vector<std::string>& given, Context& context) {
  std::vector<std::string> queues = given_words(given);
  if (queues.empty()) queues = context.configured().queues;
  if (queues.empty()) queues = {"default"};
  return queues;
}

CLI::Option* add_serializer(CLI::App& command, std::function<void(Serializer)> take) {
  return command
      .add_option_function<std::string>(
          "-S,--serializer",
          [take = std::move(take)](const std::string& name) { take(serializer_of(name)); },
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
          "Wait for the result; without a value, without limit")
      ->type_name("[DURATION]");
}

void ask_for_command(CLI::App& group) {
  group.require_subcommand(0, 1);
  group.callback([&group] {
    if (!group.get_subcommands().empty()) return;
    throw CLI::ParseError(
        fmt::format("which command? There are {}.", fmt::join(command_names(group), ", ")),
        CLI::ExitCodes::RequiredError);
  });
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
