// RQ's run_example.py in C++: let workers compute fib(20) to fib(33), and watch the results come
// in.

#include <unistd.h>

#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>

#include <rqpp/rqpp.h>

#include "fib.h"

int main() try {
  constexpr int kFirst = 20;
  constexpr int kLast = 33;
  rqpp::Queue queue;
  std::vector<rqpp::Job<long>> jobs;
  for (int n = kFirst; n <= kLast; ++n) jobs.push_back(queue.enqueue(fib::slow_fib(n)));

  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  std::vector<std::optional<long>> results(jobs.size());
  for (bool done = false; !done;) {
    const auto before = std::exchange(results, queue.results_of(jobs));  // One round trip for all.
    const std::chrono::duration<double> now = Clock::now() - start;
    if (terminal) {
      std::cout << "\x1b[JAsynchronously: (now = " << std::fixed << std::setprecision(2)
                << now.count() << ")\n";
    }
    done = true;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const std::string text = results[i] ? std::to_string(*results[i]) : "(calculating)";
      const bool news = results[i] && !before[i];
      if (terminal || news) std::cout << "fib(" << kFirst + i << ") = " << text << '\n';
      done = done && results[i];
    }
    if (!done) {
      if (terminal) {
        std::cout << "\nTo start the work in the background, run a worker:\n    rqpp worker\n"
                  << "\x1b[" << jobs.size() + 4 << 'A';  // The next table covers this one.
      }
      std::cout << std::flush;
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
  }
  std::cout << "Done\n";
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
