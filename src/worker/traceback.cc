#include "worker/traceback.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <typeinfo>
#include <vector>

#include "base/utf8.h"
#include "tasks/unfit_call.h"
#include "worker/frames.h"
#include "worker/symbolize.h"
#include "worker/throw_points.h"

namespace rqpp::worker {
namespace {

constexpr std::size_t kMaxCauses = 16;
constexpr std::size_t kMaxSummaryBytes = 500;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// One exception of a chain of causes.
struct Link {
  std::string headline{};  // `type: text`
  const void* object = nullptr;
  std::exception_ptr cause{};
};

std::string type_name(const std::type_info* type) {
  if (type == nullptr) return "exception of unknown type";
  std::string name = demangle(type->name());
  // std::throw_with_nested throws a type of its own around the user's.
  for (const std::string_view wrapper : {"std::_Nested_exception<", "std::__nested<"}) {
    if (name.starts_with(wrapper))
      name = name.substr(wrapper.size(), name.size() - wrapper.size() - 1);
  }
  while (name.ends_with(' ')) name.pop_back();
  return name;
}

std::string headline(const std::type_info* type, const char* text) {
  const std::string name = type_name(type);
  return text == nullptr || *text == '\0' ? name : fmt::format("{}: {}", name, text);
}

Link read_standard(const std::exception& error) {
  const bool unfit = dynamic_cast<const tasks::UnfitCall*>(&error) != nullptr;
  Link link{.headline = headline(unfit ? &typeid(TaskError) : &typeid(error), error.what())};
  if (const auto* nested = dynamic_cast<const std::nested_exception*>(&error)) {
    link.cause = nested->nested_ptr();
  }
  return link;
}

Link read(const std::exception_ptr& error) {
  Link link;
  if (error == nullptr) {
    link.headline = "exception of another language";
    return link;
  }
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    link = read_standard(caught);
  } catch (const std::string& text) {
    link.headline = "std::string: " + text;
  } catch (const char* text) {
    link.headline = headline(&typeid(text), text);
  } catch (int number) {
    link.headline = fmt::format("int: {}", number);
  } catch (...) {
    link.headline = headline(abi::__cxa_current_exception_type(), nullptr);
  }
  // An exception_ptr is the address of the thrown object, in both standard libraries.
  static_assert(sizeof error == sizeof link.object);
  // NOLINTNEXTLINE(bugprone-undefined-memory-manipulation): only read
  std::memcpy(&link.object, &error, sizeof link.object);
  return link;
}

// The name in front of the parameters: `rqpp::detail::f` of `rqpp::Value
// rqpp::detail::f<int>(int)`.
std::string_view qualified_name(std::string_view function) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const char c = function[i];
    if (c == '<' || c == '[' || c == '{') ++depth;
    if ((c == '>' || c == ']' || c == '}') && depth > 0) --depth;
    if (depth > 0) continue;
    if (c == ' ') begin = i + 1;
    if (c == '(' && i > begin) return function.substr(begin, i - begin);
  }
  return function.substr(begin);
}

// What stands between the horse and the user's function: rqpp itself, its templates in the user's
// module, and what the standard library needs to call something.
bool is_machinery(const Frame& frame) {
  static constexpr std::array<std::string_view, 5> kNames{"rqpp::", "std::__invoke", "std::invoke",
                                                          "std::apply", "std::__apply_impl"};
  static constexpr std::array<std::string_view, 3> kFolders{"/rqpp/detail/", "/rqpp/convert.h",
                                                            "/rqpp/current_job.h"};
  const std::string_view name = qualified_name(frame.function);
  const auto begins = [name](std::string_view prefix) { return name.starts_with(prefix); };
  const auto lies_in = [&frame](std::string_view folder) {
    return frame.file.find(folder) != std::string::npos;
  };
  return std::any_of(kNames.begin(), kNames.end(), begins) ||
         std::any_of(kFolders.begin(), kFolders.end(), lies_in);
}

// What lies between a fault and its signal, or between a throw and what hears of it: sanitizers
// have a hook of their own in front of ours.
bool only_ends_the_process(const Frame& frame) {
  static constexpr std::array<std::string_view, 11> kNames{"raise",
                                                           "gsignal",
                                                           "pthread_kill",
                                                           "abort",
                                                           "__assert_fail",
                                                           "__assert_fail_base",
                                                           "_Unwind_Resume",
                                                           "_Unwind_RaiseException",
                                                           "__libc_message",
                                                           "std::terminate",
                                                           "__gxx_personality_v0"};
  static constexpr std::array<std::string_view, 3> kPrefixes{"__pthread_kill_",
                                                             "__cxxabiv1::", "rqpp::worker::"};
  if (frame.function.empty()) {
    return frame.file.find("/libstdc++.so") != std::string::npos ||
           frame.file.find("/libgcc_s.so") != std::string::npos;
  }
  const std::string_view name = qualified_name(frame.function);
  return name.find("__cxa_throw") != std::string_view::npos ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [name](std::string_view prefix) { return name.starts_with(prefix); }) ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string to_line(const Frame& frame) {
  const std::string_view function =
      frame.function.empty() ? std::string_view("?") : std::string_view(frame.function);
  if (frame.line == 0) return fmt::format("  File \"{}\", in {}\n", frame.file, function);
  return fmt::format("  File \"{}\", line {}, in {}\n", frame.file, frame.line, function);
}

// Oldest first, from the user's function on; rqpp's own library is not even looked into before
// that, since its debug information can be large.
std::vector<Frame> frames_of(const ThrowPoint& point, SymbolCache* cache) {
  Symbolizer symbolizer(cache);
  std::vector<Frame> frames;
  for (auto address = point.addresses.rbegin(); address != point.addresses.rend(); ++address) {
    const bool below_the_task = frames.empty() && !point.cut;
    if (below_the_task && is_in_rqpp(*address)) continue;
    const std::vector<Frame> inlined = symbolizer.frames_at(*address);
    for (auto frame = inlined.rbegin(); frame != inlined.rend(); ++frame) {
      if (frames.empty() && !point.cut && is_machinery(*frame)) continue;
      frames.push_back(*frame);
    }
  }
  while (!frames.empty() && only_ends_the_process(frames.back())) frames.pop_back();
  return frames;
}

void append_valid(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t good =
        std::min(base::find_invalid_utf8(text, base::Surrogates::refuse), text.size());
    out.append(text.substr(0, good));
    if (good == text.size()) return;
    out.append(kReplacement);
    text.remove_prefix(good + 1);
  }
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::string one_line(std::string_view text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  std::string line;
  append_valid(line, text.substr(0, kMaxSummaryBytes));
  if (text.size() > kMaxSummaryBytes) line += "...";
  return line;
}

}  // namespace

std::string presentable(std::string_view text, std::size_t limit) {
  std::string valid;
  valid.reserve(std::min(text.size(), 2 * limit));
  // Only both ends of a huge text are looked at; at worst, each byte becomes three.
  const bool huge = text.size() > 4 * limit;
  append_valid(valid, huge ? text.substr(0, 2 * limit) : text);
  if (huge) append_valid(valid, text.substr(text.size() - 2 * limit));
  if (!huge && valid.size() <= limit) return valid;

  const std::string note = fmt::format("\n...{} bytes are left out here...\n", text.size() - limit);
  if (note.size() >= limit) return {};
  std::size_t head = (limit - note.size()) / 2;
  std::size_t tail = valid.size() - (limit - note.size() - head);
  while (head > 0 && is_continuation(valid[head])) --head;
  while (tail < valid.size() && is_continuation(valid[tail])) ++tail;
  return valid.substr(0, head) + note + valid.substr(tail);
}

// Empty also if an exception comes from rqpp itself, or nobody saw where it was thrown.
std::string backtrace_text(const ThrowPoint& point, SymbolCache* cache) {
  if (point.addresses.empty()) return {};
  const std::vector<Frame> frames = frames_of(point, cache);
  if (frames.empty()) return {};
  std::string text(kBacktraceHeading);
  if (point.cut) text += "  ...older frames are left out\n";
  for (const Frame& frame : frames) text += to_line(frame);
  return text;
}

ErrorText describe_exception(const std::exception_ptr& error) {
  static constexpr std::string_view kBetween =
      "\nThe above exception was the direct cause of the following exception:\n\n";
  std::vector<Link> chain{read(error)};
  while (chain.back().cause != nullptr && chain.size() < kMaxCauses) {
    chain.push_back(read(chain.back().cause));
  }
  std::string text;
  for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
    if (!text.empty()) text += kBetween;
    text += backtrace_text(throw_point_of(link->object), &symbol_cache()) + link->headline + "\n";
  }
  return {.exc_info = presentable(text, kMaxErrorBytes),
          .summary = one_line(chain.front().headline)};
}

ErrorText describe_failure(std::string_view text) {
  return {.exc_info = presentable(text, kMaxErrorBytes), .summary = one_line(text)};
}

}  // namespace rqpp::worker
