// A producer in C++ for the benchmarks, see systems.py:
//
//     producer TASK one|bulk|stream|paced COUNT [GAP_MICROSECONDS]
//
// BENCH_RESULT_TTL is how many seconds results are kept, BENCH_PAYLOAD how long the argument of the
// task `take` is, BENCH_QUEUES over how many queues the jobs are spread (bench, bench1, bench2…).

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <rqpp/buffered_producer.h>
#include <rqpp/rqpp.h>

namespace {

using Clock = std::chrono::steady_clock;
using rqpp::Call;

constexpr int kBulk = 1000;

int number(const char* text) { return text == nullptr ? 0 : std::atoi(text); }

/// Letters by chance: what repeats would be compressed to nothing.
std::string payload() {
  std::string text(static_cast<std::size_t>(number(std::getenv("BENCH_PAYLOAD"))), ' ');
  std::minstd_rand random{1};
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>('0' + random() % 64); });
  return text;
}

Call call_of(const std::string& task) {
  Call call{.function = "noop." + task};
  if (task == "small") call.args = {20};
  if (task == "take") call.args = {payload()};
  return call;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<rqpp::Queue> queues(const std::string& url) {
  std::vector<rqpp::Queue> all{rqpp::Queue{"bench", {.url = url}}};
  const int count = number(std::getenv("BENCH_QUEUES"));
  for (int i = 1; i < count; ++i) all.push_back(all[0].sibling("bench" + std::to_string(i)));
  return all;
}

void produce(rqpp::Queue& queue, const std::string& task, std::string_view mode, int count,
             std::chrono::microseconds gap) {
  rqpp::EnqueueOptions options;
  if (const char* ttl = std::getenv("BENCH_RESULT_TTL")) {
    options.result_ttl = std::chrono::seconds{std::atoi(ttl)};
  }
  Call call = call_of(task);
  if (mode == "one") {
    for (int i = 0; i < count; ++i) queue.enqueue(call, options);
  } else if (mode == "paced") {
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_for(gap);
      call.args = {now()};
      queue.enqueue(call, options);
    }
  } else if (mode == "stream") {
    rqpp::BufferedProducer producer(queue);
    for (int i = 0; i < count; ++i) producer.enqueue(call, options);
    producer.flush();
  } else {
    for (int done = 0; done < count; done += kBulk) {
      const int length = std::min(kBulk, count - done);
      queue.enqueue_many(std::vector(static_cast<std::size_t>(length), call), options);
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const char* port = std::getenv("BENCH_PORT");
  const std::string_view mode = argc < 4 ? "" : argv[2];
  if (port == nullptr || (mode != "one" && mode != "bulk" && mode != "stream" && mode != "paced")) {
    std::cerr << "BENCH_PORT=PORT producer TASK one|bulk|stream|paced COUNT [GAP_MICROSECONDS]\n";
    return 2;
  }
  auto all = queues("redis://127.0.0.1:" + std::string(port) + "/0");
  for (const auto& queue : all) (void)queue.size();  // connects

  const int count = number(argv[3]);
  const auto begin = Clock::now();
  for (auto& queue : all) {
    produce(queue, argv[1], mode, count / static_cast<int>(all.size()),
            std::chrono::microseconds{argc > 4 ? number(argv[4]) : 0});
  }
  const std::chrono::duration<double> seconds = Clock::now() - begin;

  std::cout << "{\"n\": " << count << ", \"seconds\": " << seconds.count() << "}\n";
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
