// The job of the benchmarks, for C++ workers.

#include <rqpp/module.h>

RQPP_MODULE(noop) {
  tasks.add("noop", [] {});
}
