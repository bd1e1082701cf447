// How many look-ups a second an IdCache answers, beside EXISTS over a Unix socket in the same run;
// what an id takes in memory; and what Redis pays for it.
//
//     id_cache [COUNT]     COUNT ids, 1,000,000 if not given, in a redis-server of its own
//
// Each rate is the median of eleven runs. What the cache answers is counted by the time that the
// processor gave to the thread, so that other programs on the machine do not count; what Redis
// answers by the clock, as its client sees it. Half of the ids that are asked for exist, by chance.
// "Hot" are 4,096 ids by chance that are asked for over and over, "cold" 262,144; "together" are
// those in calls for 256 each.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"

#include <rqpp/error.h>
#include <rqpp/id_cache.h>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using rqpp::IdCache;
using rqpp::IdCacheOptions;
namespace redis = rqpp::redis;

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHot = 4'096;
constexpr std::size_t kCold = 262'144;
constexpr std::size_t kGroup = 256;

std::string id_of(std::int64_t number) { return fmt::format("user:{:011}", number); }

/// A sequence by chance that is the same each time.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 33;
  }

 private:
  std::uint64_t state_;
};

/// So many ids, one behind the other in memory, as a program has them that has just read a request.
/// Each is among the first `count` or not, by chance.
class Asked {
 public:
  Asked(std::size_t ids, std::int64_t count, std::uint64_t seed) : ids_(ids) {
    Dice dice(seed);
    for (std::size_t i = 0; i < ids; ++i) {
      const auto number =
          static_cast<std::int64_t>(dice.next() % static_cast<std::uint64_t>(count));
      text_ += id_of(dice.next() % 2 == 0 ? number : count + number);
    }
    for (std::size_t i = 0; i < ids; ++i) views_.emplace_back(&text_[i * kIdBytes], kIdBytes);
  }
  std::string_view operator[](std::size_t i) const {
    return {&text_[(i & (ids_ - 1)) * kIdBytes], kIdBytes};
  }
  std::span<const std::string_view> group(std::size_t i) const {
    return std::span(views_).subspan((i * kGroup) & (ids_ - 1), kGroup);
  }

 private:
  std::size_t ids_;
  std::string text_{};
  std::vector<std::string_view> views_{};
};

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What the processor gave to this thread, in seconds.
double processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double clock_time() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

/// How often `step(i)` is done in a second of `time`.
template <class Step>
double rate(double (*time)(), const Step& step) {
  std::vector<double> rates;
  for (int run = 0; run < 11; ++run) {
    const double begin = time();
    std::size_t done = 0;
    do {
      for (int i = 0; i < 1'024; ++i) step(done++);
    } while (time() - begin < 0.2);
    rates.push_back(static_cast<double>(done) / (time() - begin));
  }
  std::nth_element(rates.begin(), rates.begin() + 5, rates.end());
  return rates[5];
}

double look_ups(const IdCache& cache, std::int64_t count, std::size_t ids, int threads) {
  std::vector<std::thread> others;
  std::vector<double> rates(static_cast<std::size_t>(threads));
  std::atomic<std::int64_t> found{0};
  for (int t = 0; t < threads; ++t) {
    others.emplace_back([&, t] {
      const Asked asked(ids, count, static_cast<std::uint64_t>(t) + 1);
      std::int64_t hits = 0;
      rates[static_cast<std::size_t>(t)] =
          rate(processor_time, [&](std::size_t i) { hits += cache.contains(asked[i]) ? 1 : 0; });
      found += hits;
    });
  }
  for (std::thread& each : others) each.join();
  if (found == 0) throw rqpp::Error("nothing was found");
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

double look_ups_together(const IdCache& cache, std::int64_t count) {
  const Asked asked(kCold, count, 1);
  std::size_t answers = 0;
  return static_cast<double>(kGroup) * rate(processor_time, [&](std::size_t i) {
           answers += cache.contains(asked.group(i)).size();
         });
}

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t pages = 0;
  statm >> pages >> pages;
  return pages * 4'096;
}

double redis_cpu(redis::Connection& connection) {
  const std::string info = connection.run(redis::Batch{}.add("INFO", "cpu")).at(0).text;
  const auto field = [&info](const std::string& name) {
    return std::atof(info.c_str() + info.find(name) + name.size() + 1);
  };
  return field("used_cpu_user") + field("used_cpu_sys");
}

/// A set `ids` of all ids, and a key for each of the first `keys`.
void fill(redis::Connection& connection, std::int64_t count, std::int64_t keys) {
  for (std::int64_t done = 0; done < count; done += 1'000) {
    redis::Batch batch;
    batch.add("SADD", "ids");
    const std::int64_t end = std::min(done + 1'000, count);
    for (std::int64_t i = done; i < end; ++i) batch.more(id_of(i));
    for (std::int64_t i = done; i < std::min(end, keys); ++i) batch.add("SET", id_of(i), "");
    connection.run(batch);
  }
}

void measure(redis::Connection& connection, const std::string& url, std::int64_t count,
             IdCacheOptions::Form form, double exists) {
  const std::int64_t before = resident_bytes();
  const double cpu = redis_cpu(connection);
  const auto begin = Clock::now();
  IdCacheOptions options;
  options.url = url;
  options.form = form;
  options.per_second = 1'000'000'000;
  options.resync_interval = 24h;
  const IdCache cache = IdCache::of_set("ids", options);
  cache.wait_until_ready(1h);
  const double seconds = since(begin);
  const double spent = redis_cpu(connection) - cpu;
  const double resident = static_cast<double>(resident_bytes() - before);
  const double bytes = static_cast<double>(cache.bytes());

  fmt::print("{:>10} {:8}{:6.1f}{:7.1f}{:9.2f} s{:8.2f} s", count,
             form == IdCacheOptions::Form::exact ? "exact" : "compact",
             bytes / static_cast<double>(count), resident / static_cast<double>(count), seconds,
             spent);
  for (const double each : {look_ups(cache, count, kHot, 1), look_ups(cache, count, kHot, 2),
                            look_ups(cache, count, kCold, 1), look_ups_together(cache, count)}) {
    fmt::print("{:7.1f} M = {:5.0f} x", each / 1e6, each / exists);
  }
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  const std::int64_t count = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  if (count < 1'000) {
    std::cerr << "id_cache [COUNT], 1000 or more\n";
    return 2;
  }
  rqpp::sandbox::EphemeralServer server;
  redis::Connection connection(server.settings());
  fill(connection, count, std::min<std::int64_t>(count, 1'000'000));

  const Asked asked(kHot, std::min<std::int64_t>(count, 1'000'000), 1);
  const auto exists = [&](std::size_t at_once) {
    return static_cast<double>(at_once) * rate(clock_time, [&](std::size_t i) {
             redis::Batch batch;
             for (std::size_t n = 0; n < at_once; ++n) batch.add("EXISTS", asked[i * at_once + n]);
             connection.run(batch);
           });
  };
  const double one = exists(1);
  fmt::print("EXISTS over a Unix socket: {:.0f} a second, {:.0f} in pipelines of a hundred\n\n",
             one, exists(100));
  fmt::print(
      "                   bytes an id    reading  Redis' CPU   look-ups a second, and times "
      "EXISTS\n"
      "       ids form     told  taken                          hot, 1 thread      hot, 2 threads"
      "     cold, 1 thread     cold, together\n");
  for (const auto form : {IdCacheOptions::Form::exact, IdCacheOptions::Form::compact}) {
    measure(connection, server.url(), count, form, one);
  }
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
