// A test that needs no Redis: fib_test FOLDER_OF_MODULES prints slow_fib(10).

#include <iostream>

#include <rqpp/testing.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const rqpp::Task<long(int)> slow_fib{"fib.slow_fib"};
  rqpp::MemoryQueue queue{{.path = {argv[1]}}};
  std::cout << queue.enqueue(slow_fib(10)).wait() << '\n';
}
