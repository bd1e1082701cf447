// A service that works on its own data: the jobs run in threads of this program.
//
//     embedded            counts what three jobs have added, and ends

#include <atomic>
#include <iostream>

#include <rqpp/embedded_worker.h>
#include <rqpp/rqpp.h>

namespace {

std::atomic<int> total{0};

constexpr rqpp::Task<int(int)> add{"embedded.add"};

int add_to_total(int number) { return total += number; }

}  // namespace

RQPP_MODULE(embedded) { tasks.add(add, add_to_total, {"number"}); }

int main() try {
  rqpp::EmbeddedWorker worker({.queues = {"totals"}, .modules = {rqpp_module_embedded()}});

  rqpp::Queue queue("totals");
  for (const auto& job : {queue.enqueue(add(1)), queue.enqueue(add(20)), queue.enqueue(add(300))}) {
    job.wait(std::chrono::minutes{1});
  }
  std::cout << "the total is " << total << '\n';
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
