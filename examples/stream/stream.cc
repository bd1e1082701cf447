// Enqueues a stream of calls, as fast as they come:
//
//     stream 100000

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>

#include <rqpp/rqpp.h>

inline constexpr rqpp::Task<long(int)> slow_fib{"fib.slow_fib"};

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  try {
    const int count = argc > 1 ? std::atoi(argv[1]) : 1'000;
    rqpp::BufferedProducer producer(rqpp::Queue{});

    // A write that failed holds all up until somebody decides; here it is tried for ever.
    const auto insist = [&](const auto& action) {
      for (;;) {
        try {
          action();
          return;
        } catch (const rqpp::ConnectionError& error) {
          std::cerr << error.what() << '\n';
        }
        std::this_thread::sleep_for(1s);
        try {
          producer.retry();
        } catch (const rqpp::ConnectionError&) {  // the action will say so
        }
      }
    };
    for (int i = 0; i < count; ++i) {
      insist([&] { producer.enqueue(slow_fib(i % 20)); });
    }
    insist([&] { producer.flush(); });
    std::cout << count << " jobs are queued\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
