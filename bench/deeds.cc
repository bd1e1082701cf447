// What a program in C++ does with Redis, one kind of deed per call, for bench/costs.py to count.
//
//     deeds URL DEED [COUNT]
//
// COUNT is how often it is done. The jobs j0, j1, … are there already where a deed is about jobs.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/rqpp.h>

namespace {

using rqpp::Queue;
using rqpp::RegistryKind;

const rqpp::TypedCall<void> kNoop = rqpp::call<void>("noop.noop");

std::vector<rqpp::TypedCall<void>> calls(int count) {
  return std::vector(static_cast<std::size_t>(count), kNoop);
}

std::vector<rqpp::Job<void>> jobs(const Queue& queue, int count) {
  std::vector<rqpp::Job<void>> all;
  for (int i = 0; i < count; ++i) all.push_back(queue.job<void>("j" + std::to_string(i)));
  return all;
}

void enqueue_each(Queue& queue, int count, const rqpp::EnqueueOptions& options) {
  for (int i = 0; i < count; ++i) queue.enqueue(kNoop, options);
}

void enqueue_unique(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) {
    queue.enqueue(kNoop, {.job_id = "u" + std::to_string(i), .unique = true});
  }
}

void enqueue_later(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) queue.enqueue_in(std::chrono::hours{1}, kNoop);
}

void enqueue_groups(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) rqpp::Group(queue).enqueue_many(queue, calls(10));
}

void count_all(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) {
    (void)queue.size();
    for (const auto kind :
         {RegistryKind::finished, RegistryKind::failed, RegistryKind::started,
          RegistryKind::deferred, RegistryKind::scheduled, RegistryKind::canceled})
      (void)queue.registry(kind).count();
  }
}

void list_finished(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) (void)queue.registry(RegistryKind::finished).jobs(0, 100);
}

using Deed = void (*)(Queue&, int);

const std::map<std::string_view, Deed>& deeds() {
  static const std::map<std::string_view, Deed> table{
      {"enqueue", [](Queue& queue, int count) { enqueue_each(queue, count, {}); }},
      {"enqueue_many", [](Queue& queue, int count) { queue.enqueue_many(calls(count)); }},
      {"enqueue_unique", enqueue_unique},
      {"enqueue_later", enqueue_later},
      {"enqueue_after",
       [](Queue& queue, int count) { enqueue_each(queue, count, {.depends_on = "parent"}); }},
      {"enqueue_groups", enqueue_groups},
      {"cancel",
       [](Queue& queue, int count) {
         for (auto& job : jobs(queue, count)) job.cancel();
       }},
      {"delete",
       [](Queue& queue, int count) {
         for (auto& job : jobs(queue, count)) job.remove();
       }},
      {"requeue",
       [](Queue& queue, int count) {
         for (auto& job : jobs(queue, count)) job.requeue();
       }},
      {"requeue_all",
       [](Queue& queue, int) { queue.registry(RegistryKind::failed).requeue_all(); }},
      {"results", [](Queue& queue, int count) { (void)queue.results_of(jobs(queue, count)); }},
      {"count_all", count_all},
      {"list_finished", list_finished},
      {"empty", [](Queue& queue, int) { queue.clear(); }},
  };
  return table;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto deed = argc < 3 ? deeds().end() : deeds().find(argv[2]);
  if (deed == deeds().end()) {
    std::cerr << "deeds URL DEED [COUNT]\n";
    return 2;
  }
  Queue queue{"bench", {.url = argv[1]}};
  deed->second(queue, argc > 3 ? std::atoi(argv[3]) : 1);
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
