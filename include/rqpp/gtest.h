#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <rqpp/convert.h>
#include <rqpp/task.h>
#include <rqpp/testing.h>

// Matchers for GoogleTest, about what was enqueued:
//
//     EXPECT_THAT(queue, WasEnqueued(send_mail("ada@example.org")));
//     EXPECT_THAT(queue, WasEnqueued(send_mail, EndsWith("@example.org")));  // an argument each
//     EXPECT_THAT(queue, Not(WasEnqueued("mail.send")));                     // however called
//     EXPECT_THAT(queue.enqueued(), ElementsAre(Calls(greet("ada")), Calls(greet("bob"))));
//     EXPECT_THAT(queue.enqueued(),
//                 Contains(AllOf(Calls(send_mail), Field(&rqpp::JobInfo::queue, "mail"))));
namespace rqpp {

inline void PrintTo(const JobInfo& job, std::ostream* out) {
  *out << to_text(job.call()) << " on '" << job.queue << "'";
}

inline void PrintTo(const MemoryQueue& queue, std::ostream* out) {
  constexpr std::size_t kMost = 20;
  const std::vector<JobInfo> jobs = queue.enqueued();
  *out << "a queue that got " << jobs.size() << (jobs.size() == 1 ? " job" : " jobs");
  for (std::size_t i = 0; i < jobs.size() && i < kMost; ++i) {
    PrintTo(jobs[i], &(*out << "\n    "));
  }
  if (jobs.size() > kMost) *out << "\n    …";
}

inline void PrintTo(const DrainResult& drained, std::ostream* out) {
  *out << drained.runs << " runs, " << drained.failures.size() << " failures";
  for (const DrainResult::Failure& failure : drained.failures) {
    *out << "\n    " << failure.description << ": " << failure.error;
  }
}

namespace detail {

/// Says what is expected of a call; the matchers below differ in this alone.
class ExactCall {
 public:
  explicit ExactCall(Call call) : call_(std::move(call)) {}
  bool matches(const Call& call, std::ostream*) const { return call == call_; }
  void describe(std::ostream& out) const { out << to_text(call_); }

 private:
  Call call_;
};

class AnyCallOf {
 public:
  explicit AnyCallOf(std::string_view function) : function_(function) {}
  bool matches(const Call& call, std::ostream*) const { return call.function == function_; }
  void describe(std::ostream& out) const { out << function_ << "(…)"; }

 private:
  std::string function_;
};

template <class... Parameters>
class CallWithArguments {
 public:
  template <class... Matchers>
  explicit CallWithArguments(std::string_view function, const Matchers&... matchers)
      : function_(function), matchers_(::testing::SafeMatcherCast<Parameters>(matchers)...) {}

  bool matches(const Call& call, std::ostream* why) const {
    if (call.function != function_ || call.args.size() != sizeof...(Parameters) ||
        !call.kwargs.empty()) {
      return false;
    }
    return match(call, why, std::index_sequence_for<Parameters...>{});
  }
  void describe(std::ostream& out) const {
    out << function_ << "(";
    describe(out, std::index_sequence_for<Parameters...>{});
    out << ")";
  }

 private:
  template <std::size_t... I>
  bool match(const Call& call, std::ostream* why, std::index_sequence<I...>) const {
    return (match_one<Parameters>(call, I, std::get<I>(matchers_), why) && ...);
  }
  template <class T>
  static bool match_one(const Call& call, std::size_t index, const ::testing::Matcher<T>& matcher,
                        std::ostream* why) {
    try {
      const T argument = from_value<T>(call.args[index]);
      ::testing::StringMatchResultListener reason;
      if (matcher.MatchAndExplain(argument, &reason)) return true;
      if (why != nullptr) {
        *why << "argument " << index + 1 << " is " << ::testing::PrintToString(argument);
        if (!reason.str().empty()) *why << ", " << reason.str();
      }
    } catch (const DecodeError& error) {
      if (why != nullptr) *why << "argument " << index + 1 << " " << error.what();
    }
    return false;
  }
  template <std::size_t... I>
  void describe(std::ostream& out, std::index_sequence<I...>) const {
    const auto one = [&out](std::size_t index, const auto& matcher) {
      if (index > 0) out << ", ";
      matcher.DescribeTo(&out);
    };
    (one(I, std::get<I>(matchers_)), ...);
  }

  std::string function_;
  std::tuple<::testing::Matcher<Parameters>...> matchers_;
};

template <class Expected>
class CallsMatcher {
 public:
  using is_gtest_matcher = void;
  explicit CallsMatcher(Expected expected) : expected_(std::move(expected)) {}

  bool MatchAndExplain(const JobInfo& job, std::ostream* why) const {
    return expected_.matches(job.call(), why);
  }
  void DescribeTo(std::ostream* out) const { expected_.describe(*out << "calls "); }
  void DescribeNegationTo(std::ostream* out) const { expected_.describe(*out << "does not call "); }

 private:
  Expected expected_;
};

template <class Expected>
class WasEnqueuedMatcher {
 public:
  using is_gtest_matcher = void;
  explicit WasEnqueuedMatcher(Expected expected) : expected_(std::move(expected)) {}

  bool MatchAndExplain(const MemoryQueue& queue, std::ostream*) const {
    for (const JobInfo& job : queue.enqueued()) {
      if (expected_.matches(job.call(), nullptr)) return true;
    }
    return false;
  }
  void DescribeTo(std::ostream* out) const { expected_.describe(*out << "got "); }
  void DescribeNegationTo(std::ostream* out) const { expected_.describe(*out << "never got "); }

 private:
  Expected expected_;
};

inline ExactCall expected_call(const Call& call) { return ExactCall(call); }
inline AnyCallOf expected_call(std::string_view function) { return AnyCallOf(function); }
template <class R, class... Parameters>
AnyCallOf expected_call(const Task<R(Parameters...)>& task) {
  return AnyCallOf(task.name());
}
template <class R, class... Parameters, class First, class... Rest>
auto expected_call(const Task<R(Parameters...)>& task, const First& first, const Rest&... rest) {
  static_assert(sizeof...(Parameters) == 1 + sizeof...(Rest),
                "give one matcher for each parameter of the task, or none");
  return CallWithArguments<std::remove_cvref_t<Parameters>...>(task.name(), first, rest...);
}

}  // namespace detail

/// Matches a job: that does this call (`Calls(slow_fib(20))`), that calls this task with arguments
/// which match (`Calls(slow_fib, Gt(10))`), or that calls it at all (`Calls(slow_fib)`,
/// `Calls("fib.slow_fib")`).
template <class Callee, class... Matchers>
auto Calls(const Callee& callee, const Matchers&... matchers) {
  return detail::CallsMatcher(detail::expected_call(callee, matchers...));
}

/// Matches a MemoryQueue that ever got such a job, or a sibling of it did; whatever became of the
/// job. Takes what Calls takes.
template <class Callee, class... Matchers>
auto WasEnqueued(const Callee& callee, const Matchers&... matchers) {
  return detail::WasEnqueuedMatcher(detail::expected_call(callee, matchers...));
}

}  // namespace rqpp
