#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rqpp {

/// When a job may run though a job that it waits for did not return.
struct DependencyOptions {
  /// Also after a job that has failed, with no retry left.
  bool allow_failure = false;
  /// Also after a job that was stopped or canceled. Ours: a worker of Python RQ does not know it.
  bool allow_stop = false;
  /// Put the job at the front of its queue when its dependencies have ended.
  bool at_front = false;

  bool operator==(const DependencyOptions&) const = default;
};

namespace detail {

/// A Job<T>, or whatever has the id of one.
template <class T>
concept HasJobId = requires(const T& job) {
  { job.id() } -> std::convertible_to<std::string_view>;
};

/// A job or an id.
struct JobId {
  JobId(std::string_view id) : text(id) {}    // NOLINT(google-explicit-constructor)
  JobId(const std::string& id) : text(id) {}  // NOLINT(google-explicit-constructor)
  JobId(const char* id) : text(id) {}         // NOLINT(google-explicit-constructor)
  template <HasJobId T>
  JobId(const T& job) : text(job.id()) {}  // NOLINT(google-explicit-constructor)

  std::string text;
};

}  // namespace detail

/// The jobs that a job waits for: it runs when all of them have returned.
///
///     auto cut = queue.enqueue(cut_film(path));
///     auto mix = queue.enqueue(mix_sound(path), {.depends_on = cut});         // a chain
///     queue.enqueue(publish(path), {.depends_on = {cut, mix}});               // fan-in
///     queue.enqueue(tidy(path), {.depends_on = {{cut, mix}, {.allow_failure = true}}});
///
/// As in RQ: a job that does not exist, any more or yet, counts as returned. A job that has failed
/// holds up what waits for it until it was queued again and has returned. Unlike in RQ what allows
/// failures runs at once if nothing but failed jobs is to be waited for.
class Dependency {
 public:
  Dependency() = default;
  Dependency(std::initializer_list<detail::JobId> jobs, const DependencyOptions& options = {})
      : options_(options) {
    for (const detail::JobId& job : jobs) job_ids_.push_back(job.text);
  }
  /// A vector of jobs or of ids, say.
  template <std::ranges::range Jobs>
  requires std::convertible_to<std::ranges::range_reference_t<const Jobs>, detail::JobId>
  Dependency(const Jobs& jobs,  // NOLINT(google-explicit-constructor)
             const DependencyOptions& options = {})
      : options_(options) {
    for (const auto& job : jobs) job_ids_.push_back(detail::JobId(job).text);
  }
  /// One job or one id.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Dependency(const std::convertible_to<detail::JobId> auto& job,
             const DependencyOptions& options = {})
      : job_ids_{detail::JobId(job).text}, options_(options) {}

  [[nodiscard]] const std::vector<std::string>& job_ids() const { return job_ids_; }
  [[nodiscard]] const DependencyOptions& options() const { return options_; }

  bool operator==(const Dependency&) const = default;

 private:
  std::vector<std::string> job_ids_{};
  DependencyOptions options_{};
};

/// What the registry `rq:deferred` says of a job that waits for others.
enum class DeferredScore : std::uint8_t {
  creation,  ///< When it was enqueued, as RQ 2.8 and later writes it.
  /// When its `ttl` ends; `+inf` without one. Needed where workers of RQ 2.0 to 2.7 share the
  /// Redis: they fail every waiting job whose score has passed.
  expiry,
};

}  // namespace rqpp
