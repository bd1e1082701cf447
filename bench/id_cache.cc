// How many look-ups a second an IdCache answers, beside EXISTS over a Unix socket in the same run;
// what an id takes in memory; and what Redis pays for it.
//
//     id_cache [COUNT]     COUNT ids, 1,000,000 if not given, in a redis-server of its own
//
// Each rate is the median of five runs of half a second. Half of the ids that are asked for exist,
// and they are asked for in an order by chance.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
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

constexpr std::size_t kAsked = 1 << 16;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// 16 bytes.
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

/// Of every two, one is among the first `count`, and one is not.
std::vector<std::string> some_ids(std::int64_t count, std::uint64_t seed) {
  Dice dice(seed);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kAsked; ++i) {
    const auto number = static_cast<std::int64_t>(dice.next() % static_cast<std::uint64_t>(count));
    ids.push_back(id_of(i % 2 == 0 ? number : count + number));
  }
  return ids;
}

/// How often a second `step(i)` is done.
template <class Step>
double rate(const Step& step) {
  std::vector<double> rates;
  for (int run = 0; run < 5; ++run) {
    const auto begin = Clock::now();
    std::size_t done = 0;
    do {
      for (int i = 0; i < 256; ++i) step(done++ % kAsked);
    } while (since(begin) < 0.5);
    rates.push_back(static_cast<double>(done) / since(begin));
  }
  std::nth_element(rates.begin(), rates.begin() + 2, rates.end());
  return rates[2];
}

double look_ups(const IdCache& cache, std::int64_t count, int threads) {
  std::vector<std::thread> others;
  std::vector<double> rates(static_cast<std::size_t>(threads));
  std::atomic<std::int64_t> found{0};
  for (int t = 0; t < threads; ++t) {
    others.emplace_back([&, t] {
      const auto ids = some_ids(count, static_cast<std::uint64_t>(t) + 1);
      std::int64_t hits = 0;
      rates[static_cast<std::size_t>(t)] =
          rate([&](std::size_t i) { hits += cache.contains(ids[i]) ? 1 : 0; });
      found += hits;
    });
  }
  for (std::thread& each : others) each.join();
  if (found == 0) throw rqpp::Error("nothing was found");
  double all = 0;
  for (const double each : rates) all += each;
  return all;
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
  options.resync_every = 24h;
  const IdCache cache = IdCache::of_set("ids", options);
  cache.wait_until_ready(1h);
  const double seconds = since(begin);
  const double spent = redis_cpu(connection) - cpu;
  const double resident = static_cast<double>(resident_bytes() - before);
  const double bytes = static_cast<double>(cache.bytes());

  const double one = look_ups(cache, count, 1);
  const double two = look_ups(cache, count, 2);
  fmt::print(
      "{:>10} {:8} {:6.1f} {:6.1f} {:9.2f} s {:7.2f} s {:7.1f} M {:7.1f} M {:8.0f} x {:8.0f} x\n",
      count, form == IdCacheOptions::Form::exact ? "exact" : "compact",
      bytes / static_cast<double>(count), resident / static_cast<double>(count), seconds, spent,
      one / 1e6, two / 1e6, one / exists, two / exists);
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

  const auto asked = some_ids(std::min<std::int64_t>(count, 1'000'000), 1);
  const auto exists = [&](int at_once) {
    return at_once * rate([&](std::size_t i) {
             redis::Batch batch;
             for (int n = 0; n < at_once; ++n)
               batch.add("EXISTS", asked[(i + static_cast<std::size_t>(n)) % kAsked]);
             connection.run(batch);
           });
  };
  const double one = exists(1);
  fmt::print("EXISTS over a Unix socket: {:.0f} a second, {:.0f} in pipelines of a hundred\n\n",
             one, exists(100));
  fmt::print(
      "                      bytes an id     reading   Redis' CPU    look-ups a second       times "
      "EXISTS\n");
  fmt::print(
      "       ids form      told  taken                              1 thread  2 threads  1 thread "
      " 2 threads\n");
  for (const auto form : {IdCacheOptions::Form::exact, IdCacheOptions::Form::compact}) {
    measure(connection, server.url(), count, form, one);
  }
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
