#pragma once

#include <rqpp/task.h>

namespace fib {

/// The n-th Fibonacci number, the slow way: fib(0) = fib(1) = 1.
inline constexpr rqpp::Task<long(int)> slow_fib{"fib.slow_fib"};

}  // namespace fib
