#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

// The tasks of twin.py once more, and some that only C++ can do: both sides know them by the same
// names.
namespace {

using namespace std::chrono_literals;

long add(long a, long b) { return a + b; }

rqpp::Value echo(rqpp::Value value) { return value; }

void nothing() {}

void fail(const std::string& text) { throw std::runtime_error(text); }

struct Unknown {};
void throw_no_exception() { throw Unknown{}; }

[[noreturn]] void crash() {
  std::raise(SIGKILL);
  std::abort();
}

// Runs until a file `release` appears in the folder; says where it runs in `running`.
std::string hold(const std::string& folder) {
  const std::filesystem::path path(folder);
  std::ofstream(path / "running.new") << getpid();
  std::filesystem::rename(path / "running.new", path / "running");
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!std::filesystem::exists(path / "release")) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("nobody released the job");
    }
    std::this_thread::sleep_for(10ms);
  }
  return "released";
}

rqpp::Retry ask_again(int max, std::vector<std::chrono::seconds> waits, bool at_front) {
  return {.max = max, .intervals = std::move(waits), .at_front = at_front};
}

// True for the first run of those that share a path.
bool is_first(const std::string& path) {
  if (std::filesystem::exists(path)) return false;
  std::ofstream{path};
  return true;
}

std::variant<std::string, rqpp::Retry> ask_first(const std::string& path, int max) {
  if (is_first(path)) return rqpp::Retry{.max = max};
  return "done";
}

std::string throw_first(const std::string& path) {
  if (is_first(path)) throw rqpp::RetryLater({.max = 1, .at_front = true}, "too early");
  return "done";
}

std::string snooze_first(const std::string& path, std::chrono::seconds wait) {
  if (is_first(path)) throw rqpp::Snooze(wait, "too early");
  return "done";
}

struct NoVideo : rqpp::NonRetryable {
  using NonRetryable::NonRetryable;
};
void fail_for_good() { throw NoVideo("this is a picture"); }

rqpp::Value meta() { return rqpp::current_job().meta(); }

void set_meta(const std::string& key, const rqpp::Value& value) {
  rqpp::CurrentJob job = rqpp::current_job();
  job.set_meta(key, value);
  job.save_meta();
}

void oversleep() { std::this_thread::sleep_for(1h); }

// A callback: notes in the job's meta what it is told.
void note(const rqpp::Value& told) { set_meta("told", told); }

std::string enqueue_another() {
  return rqpp::current_job().enqueue({.function = "twin.add", .args = {40, 2}});
}

// Results of C++ types, as opposed to a Value that was handed through.
int an_int() { return -5; }
unsigned long long a_huge_int() { return 18446744073709551615ULL; }
double a_double() { return 0.1; }
bool a_bool() { return true; }
std::string a_string() { return "häß\n"; }
std::vector<std::byte> some_bytes() { return {std::byte{0}, std::byte{255}, std::byte{'x'}}; }
std::vector<int> a_vector() { return {1, 2, 3}; }
std::map<std::string, double> a_map() { return {{"a", 0.5}, {"b", 2.0}}; }
std::set<std::string> a_set() { return {"x", "y"}; }
std::tuple<int, std::string, bool> a_tuple() { return {1, "two", false}; }
std::optional<int> no_int() { return std::nullopt; }
rqpp::Decimal a_decimal() { return {.text = "12.340"}; }
std::chrono::milliseconds a_duration() { return 1500ms; }
rqpp::Time a_time() { return rqpp::Time{1'795'000'000'123'456us}; }
rqpp::BigInteger a_big_integer() { return {.digits = "-1267650600228229401496703205376"}; }

}  // namespace

RQPP_MODULE(twin) {
  tasks.add("add", add, {"a", {"b", 0}});
  tasks.add("echo", echo, {"value"});
  tasks.add("nothing", nothing);
  tasks.add("fail", fail, {"text"});
  tasks.add("throw_no_exception", throw_no_exception);
  tasks.add("crash", crash);
  tasks.add("hold", hold, {"folder"});
  tasks.add("ask_again", ask_again, {"max", "waits", {"at_front", false}});
  tasks.add("ask_first", ask_first, {"path", "max"});
  tasks.add("throw_first", throw_first, {"path"});
  tasks.add("snooze_first", snooze_first, {"path", "wait"});
  tasks.add("fail_for_good", fail_for_good);
  tasks.add("meta", meta);
  tasks.add("set_meta", set_meta, {"key", "value"});
  tasks.add("oversleep", oversleep);
  tasks.add("note", note);
  tasks.add("enqueue_another", enqueue_another);
  tasks.add("an_int", an_int);
  tasks.add("a_huge_int", a_huge_int);
  tasks.add("a_double", a_double);
  tasks.add("a_bool", a_bool);
  tasks.add("a_string", a_string);
  tasks.add("some_bytes", some_bytes);
  tasks.add("a_vector", a_vector);
  tasks.add("a_map", a_map);
  tasks.add("a_set", a_set);
  tasks.add("a_tuple", a_tuple);
  tasks.add("no_int", no_int);
  tasks.add("a_decimal", a_decimal);
  tasks.add("a_duration", a_duration);
  tasks.add("a_time", a_time);
  tasks.add("a_big_integer", a_big_integer);
}
