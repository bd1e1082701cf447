#include <rqpp/module.h>

static long slow_fib(int n) { return n < 2 ? n : slow_fib(n - 1) + slow_fib(n - 2); }

RQPP_MODULE(fib) { tasks.add("slow_fib", slow_fib, {"n"}); }
