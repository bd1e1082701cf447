// Enqueues slow_fib(10) and waits for its result: producer URL.

#include <chrono>
#include <iostream>

#include <rqpp/rqpp.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  using namespace std::chrono_literals;

  const rqpp::Task<long(int)> slow_fib{"fib.slow_fib"};
  rqpp::Queue queue{"default", {.url = argv[1]}};
  auto job = queue.enqueue(slow_fib(10));
  std::cout << job.wait(60s) << '\n';
}
