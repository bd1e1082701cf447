// The jobs of the benchmarks, for C++ workers.

#include <unistd.h>

#include <rqpp/module.h>

RQPP_MODULE(noop) {
  tasks.add("noop", [] {});
  tasks.add("stay", [] {
    for (;;) ::pause();
  });
}
