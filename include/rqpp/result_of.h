#pragma once

#include <string>

namespace rqpp {

/// The result of another job, in place of an argument: what `result_of` returns.
template <class T>
struct ResultOf {
  std::string job_id{};
};

namespace detail {

/// The type of an argument, once it is known.
template <class G>
struct Awaited {
  using Type = G;
};
template <class T>
struct Awaited<ResultOf<T>> {
  using Type = T;
};

}  // namespace detail
}  // namespace rqpp
