#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "context.h"

#include <rqpp/enqueue_options.h>

// Options that several commands have, and kinds of options that CLI11 does not know.
namespace rqpp::cli {

/// What every command that asks Redis has: -u, --url and -c, --config; and, as RQ gives them to
/// each of its commands, those that are of no use here (see python_options.h). Call it last.
void add_url(CLI::App& command, Context& context);

/// An option that takes a duration.
CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::function<void(std::chrono::seconds)> take, const std::string& help);

/// An option that takes a duration and may be given many times.
CLI::Option* add_durations(CLI::App& command, const std::string& name,
                           std::vector<std::chrono::seconds>& values, const std::string& help);

/// An option that takes a size in bytes.
CLI::Option* add_size(CLI::App& command, const std::string& name,
                      std::function<void(std::int64_t)> take, const std::string& help);

/// An option that may be given many times, with one value each.
CLI::Option* add_repeatable(CLI::App& command, const std::string& name,
                            std::vector<std::string>& values, const std::string& help);

/// QUEUES, the queues of a command that keeps running.
void add_queues(CLI::App& command, std::vector<std::string>& queues);
/// Those that were given, else those of --config, else `default`.
std::vector<std::string> queues_of(const std::vector<std::string>& given, Context& context);

/// -S, --serializer.
CLI::Option* add_serializer(CLI::App& command, std::function<void(Serializer)> take);

/// --wait: an option whose value may be left out; `kForever` then. Needs complete_words().
CLI::Option* add_wait(CLI::App& command, std::function<void(std::chrono::seconds)> take);

/// Makes a command a group: it takes one of its commands, and refuses to run without.
void ask_for_command(CLI::App& group);

/// The text at the end of a command's --help.
void add_examples(CLI::App& command, const std::string& examples);

/// The words of a command line as CLI11 must see them, so that --wait can stand without a value,
/// that `[a,b]` is one word, where CLI11 sees a list of two, and that all behind `--` are
/// arguments, of which CLI11 is not sure in a command of a command.
std::vector<std::string> complete_words(const std::vector<std::string>& words);
/// Arguments as they were before complete_words().
std::string given_word(const std::string& word);
std::vector<std::string> given_words(std::vector<std::string> words);

}  // namespace rqpp::cli
