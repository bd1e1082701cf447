#pragma once

#include <functional>
#include <span>
#include <string>

#include <rqpp/call.h>

namespace rqpp::cli {

/// The content of a file. Throws InvalidArgument.
using ReadFile = std::function<std::string(const std::string& path)>;
std::string read_file(const std::string& path);

/// The call that the words of `rqpp enqueue FUNCTION [ARGS…]` mean. They are RQ's: `text`, `:json`,
/// `%literal` (Python), and with a keyword `key=text`, `key:=json`, `key%=literal`; `@file` in
/// place of the value reads it from there. Throws InvalidArgument.
Call parse_call(const std::string& function, std::span<const std::string> words,
                const ReadFile& read);

}  // namespace rqpp::cli
