#include "call_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/fd.h"
#include "codec/json.h"
#include "codec/repr.h"
#include "python_literal.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

enum class Form : std::uint8_t { text, json, literal };

struct Word {
  std::optional<std::string> keyword{};
  Form form = Form::text;
  std::string value{};
};

// `rq.cli.helpers.parse_function_arg`: `:=` and `%=` count where the first ':' or '%' stands right
// before the first '='.
Word split(const std::string& word) {
  if (!word.empty() && word.front() == ':') return {{}, Form::json, word.substr(1)};
  if (!word.empty() && word.front() == '%') return {{}, Form::literal, word.substr(1)};
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return {{}, Form::text, word};
  const std::string value = word.substr(equals + 1);
  if (word.find(':') + 1 == equals) return {word.substr(0, equals - 1), Form::json, value};
  if (word.find('%') + 1 == equals) return {word.substr(0, equals - 1), Form::literal, value};
  return {word.substr(0, equals), Form::text, value};
}

Value read_value(const Word& word, const std::string& name) {
  try {
    if (word.form == Form::json) return codec::read_json(word.value);
    if (word.form == Form::literal) return parse_python_literal(word.value);
    return word.value;
  } catch (const DecodeError& error) {
    throw InvalidArgument(
        fmt::format("{} is {}, which is no {}: {}", name, codec::quoted(word.value),
                    word.form == Form::json ? "JSON" : "Python literal", error.what()));
  }
}

}  // namespace

std::string read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    throw InvalidArgument(
        fmt::format("cannot read the file '{}': {}", path, base::errno_text(errno)));
  }
  return text;
}

Call parse_call(const std::string& function, std::span<const std::string> words,
                const ReadFile& read) {
  Call call{.function = function};
  for (const std::string& each : words) {
    Word word = split(each);
    if (!word.value.empty() && word.value.front() == '@') word.value = read(word.value.substr(1));
    if (!word.keyword) {
      call.args.push_back(read_value(word, fmt::format("argument {}", call.args.size() + 1)));
      continue;
    }
    const bool repeated =
        std::any_of(call.kwargs.begin(), call.kwargs.end(),
                    [&word](const auto& pair) { return pair.first == *word.keyword; });
    if (repeated) {
      throw InvalidArgument(fmt::format("the keyword '{}' is given twice", *word.keyword));
    }
    Value value = read_value(word, fmt::format("argument '{}'", *word.keyword));
    call.kwargs.emplace_back(std::move(*word.keyword), std::move(value));
  }
  return call;
}

}  // namespace rqpp::cli
