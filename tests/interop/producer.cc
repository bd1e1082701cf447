// The C++ side of the interop tests, by the public API alone: what a program that uses rqpp would
// do.
//
//     interop_producer URL COMMAND [ARGUMENT...]
//
// Exits with 0, or with 1 after a line for each thing that is not as it should be.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <rqpp/rqpp.h>

#include "scenarios.h"

namespace {

using namespace std::chrono_literals;
using rqpp::Queue;
using rqpp::Value;

/// A value that travels to Python's `twin.echo` and back, and what must come back.
struct Trip {
  std::string name{};
  bool in_json = false;
  std::function<void(Queue&)> enqueue{};
  std::function<bool(const Queue&)> is_back{};
};

template <class T>
Trip trip_of(const std::string& name, const rqpp::TypedCall<T>& call, const T& expected,
             bool in_json) {
  return {.name = name,
          .in_json = in_json,
          .enqueue = [=](Queue& q) { q.enqueue(call, {.job_id = name}); },
          .is_back = [=](const Queue& q) { return q.job<T>(name).result() == expected; }};
}

template <class T>
Trip trip(const std::string& name, const T& value, bool in_json = false) {
  return trip_of<T>(name, rqpp::call<T>("twin.echo", value), value, in_json);
}

std::string long_text() {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "long ";
  return text;
}

rqpp::Bytes bytes_of(std::string_view text) { return {.data = std::string(text)}; }

/// The names and values are those of VALUES in twin.py.
std::vector<Trip> trips() {
  using Text = std::string;
  constexpr bool json = true;
  const rqpp::Date day{.year = 2026, .month = 11, .day = 23};
  const rqpp::TimeZone utc{};
  const rqpp::TimeZone india{.offset = {.seconds = 19800}};
  const Value tags = Value::list({"a", "b"});
  return {
      trip("none", Value(), json),
      trip("true", true, json),
      trip("false", false, json),
      trip("int", 42, json),
      trip<short>("negative_int", -7, json),
      trip("int64", std::int64_t{INT64_MAX}, json),
      trip("big_int",
           Value(rqpp::BigInteger{"1606938044258990275541962092341162602522202993782792835301376"}),
           json),
      trip("negative_big_int", Value(rqpp::BigInteger{"-1267650600228229401496703205376"}), json),
      trip("float", 0.1, json),
      trip("huge_float", 1e300, json),
      trip("text", Text("naïve €\U0001f600\n'\""), json),
      trip("empty_text", Text(), json),
      trip("long_text", long_text(), json),
      trip("list", std::vector<int>{1, 2, 3}, json),
      trip("empty_list", std::vector<double>{}, json),
      trip("mixed_list", Value::list({nullptr, true, 1, 2.5, "x"}), json),
      trip("dict", std::map<Text, int>{{"a", 1}, {"b", 2}}, json),
      trip("nested",
           std::map<Text, Value>{
               {"jobs", Value::list({Value::dict({{"id", 1}, {"tags", tags}}),
                                     Value::dict({{"id", 2}, {"tags", Value::list()}})})}},
           json),
      trip("tuple", std::tuple<int, Text, double>{1, "two", 3.0}),
      trip("nested_tuple", Value::tuple({Value::tuple({1, 2}), Value::list({Value::tuple({3})})})),
      trip("bytes", bytes_of(std::string_view("\x00\xff"
                                              "bytes",
                                              7))),
      trip("bytearray", Value(rqpp::ByteArray{.data = "\x01\x02"})),
      trip("set", std::set<int>{1, 2, 3}),
      trip("frozenset", Value::frozenset({"a", "b"})),
      trip("int_keys", std::map<int, Text>{{1, "one"}, {2, "two"}}),
      trip("datetime", rqpp::Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 9h +
                                  20min + 30s + 123456us}),
      trip("naive_datetime", rqpp::DateTime{.date = {.year = 1999, .month = 12, .day = 31},
                                            .time = {.hour = 23, .minute = 59, .second = 59}}),
      trip("zoned_datetime",
           rqpp::DateTime{.date = {.year = 2026, .month = 1, .day = 2},
                          .time = {.hour = 3, .minute = 4, .second = 5, .zone = india}}),
      trip("date", day),
      trip("time", rqpp::TimeOfDay{.hour = 9, .minute = 20, .second = 30, .microsecond = 5}),
      trip("timedelta", std::chrono::microseconds{-24h + 3s + 7us}),
      trip("decimal", rqpp::Decimal{.text = "1.50"}),
      trip("uuid", rqpp::Uuid{.bytes = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0x4d, 0xef, 0x81, 0x23,
                                        0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}}),
      trip_of<Text>("keywords",
                    rqpp::call<Text>("twin.describe", 1, "two")
                        .with("three", 3.0)
                        .with("four", std::optional<int>{}),
                    "(1, 'two') {'three': 3.0, 'four': None}", json),
  };
}

int enqueue_trips(Queue& queue, bool json) {
  for (const Trip& it : trips()) {
    if (it.in_json || !json) it.enqueue(queue);
  }
  return 0;
}

int check_trips(Queue& queue, bool json) {
  int wrong = 0;
  for (const Trip& it : trips()) {
    if (json && !it.in_json) continue;
    try {
      if (it.is_back(queue)) continue;
      std::cout << it.name << " came back as "
                << queue.job(it.name).result().value_or("nothing").repr() << '\n';
    } catch (const std::exception& error) {
      std::cout << it.name << ": " << error.what() << '\n';
    }
    wrong = 1;
  }
  return wrong;
}

/// Prints how a job of any kind stands: its status, and its result or its error.
int show(Queue& queue, const std::string& id) {
  const rqpp::AnyJob job = queue.job(id);
  try {
    std::cout << "status " << rqpp::to_string(job.status()) << '\n';
    const std::optional<Value> value = job.result();
    std::cout << (value ? "result " + value->repr() : "no result") << '\n';
  } catch (const rqpp::Error& error) {
    std::cout << "error " << error.what() << '\n';
  }
  for (const rqpp::Result& result : job.results()) {
    std::cout << "run " << static_cast<int>(result.type) << " by " << result.worker << '\n';
  }
  std::cout << "exc_info " << job.exc_info() << '\n';
  return 0;
}

/// Enqueues `twin.add(n, 1)` for n = 0… and waits for all of them.
int add_and_wait(Queue& queue, int count) {
  std::vector<rqpp::TypedCall<long>> calls;
  for (int n = 0; n < count; ++n) calls.push_back(rqpp::call<long>("twin.add", n, 1));
  long sum = 0;
  for (const long result : queue.wait_all(queue.enqueue_many(calls), 30s)) sum += result;
  std::cout << sum << '\n';
  return 0;
}

/// Enqueues parents, then children that wait for all of them.
void enqueue_fan_in(Queue& queue, int parents, int children) {
  const auto first = queue.enqueue_many(std::vector<rqpp::Call>(
      static_cast<std::size_t>(parents), rqpp::Call{.function = "twin.nothing"}));
  queue.enqueue_many(std::vector<rqpp::Call>(static_cast<std::size_t>(children),
                                             rqpp::Call{.function = "twin.nothing"}),
                     {.depends_on = first});
}

/// Prints the ids of a group, and enqueues what runs when all of it has ended.
void watch_group(const Queue& queue, const std::string& name) {
  const rqpp::Group group(queue, name);
  for (const rqpp::AnyJob& job : group.jobs().jobs) std::cout << job.id() << '\n';
  group.enqueue_when_done(queue, rqpp::call("twin.echo", "all done"), {.job_id = "done"});
}

int run(std::span<const std::string> words) {
  const std::string& command = words[1];
  const auto argument = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  const bool json = argument(2) == "json";
  rqpp::QueueOptions options{.url = words[0]};
  if (json) options.serializer = rqpp::Serializer::json;
  // RQ 2.0 to 2.7 writes when a job that waits for others expires, other versions when it was made.
  const char* version = std::getenv("RQPP_RQ_VERSION");
  if (version != nullptr && std::string_view(version).starts_with("2.6")) {
    options.deferred_score = rqpp::DeferredScore::expiry;
  }
  Queue queue{"q", options};

  if (command == "enqueue-trips") return enqueue_trips(queue, json);
  if (command == "check-trips") return check_trips(queue, json);
  if (command == "show") return show(queue, argument(2));
  if (command == "add-and-wait") return add_and_wait(queue, std::stoi(argument(2)));
  if (command == "scenario") return scenarios::play(queue, argument(2));
  if (command == "cancel")
    queue.job(argument(2)).cancel();
  else if (command == "cancel-and-enqueue-dependents")
    queue.job(argument(2)).cancel({.enqueue_dependents = true});
  else if (command == "cancel-and-leave-parents")
    queue.job(argument(2)).cancel({.remove_from_dependencies = true});
  else if (command == "delete-with-dependents")
    queue.job(argument(2)).remove({.dependents = true});
  else if (command == "watch-group")
    watch_group(queue, argument(2));
  else if (command == "clean-group")
    rqpp::Group(queue, argument(2)).clean();
  else if (command == "fan-in")
    enqueue_fan_in(queue, std::stoi(argument(2)), std::stoi(argument(3)));
  else if (command == "requeue")
    queue.job(argument(2)).requeue();
  else if (command == "delete")
    queue.job(argument(2)).remove();
  else if (command == "requeue-failed")
    queue.registry(rqpp::RegistryKind::failed).requeue_all();
  else if (command == "delete-failed")
    queue.registry(rqpp::RegistryKind::failed).remove_all();
  else if (command == "empty")
    queue.clear();
  else if (command == "destroy")
    queue.remove_queue();
  else
    throw rqpp::InvalidArgument("there is no command '" + command + "'");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() < 2) throw rqpp::InvalidArgument("usage: interop_producer URL COMMAND...");
    return run(words);
  } catch (const std::exception& error) {
    std::cout << error.what() << '\n';
    return 1;
  }
}
