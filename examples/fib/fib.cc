#include "fib.h"

#include <rqpp/module.h>

namespace {

long slow_fib(int n) { return n <= 1 ? 1 : slow_fib(n - 1) + slow_fib(n - 2); }

}  // namespace

RQPP_MODULE(fib) { tasks.add(fib::slow_fib, slow_fib, {"n"}); }
