// Checks ids against a set of Redis without asking Redis for each of them, and lists what is large
// without holding Redis up:
//
//     known ID…           whether these are members of the set `customers`: instead of SISMEMBER
//     known --sessions    the keys `session:…`, and the fields of each: instead of KEYS, HGETALL

#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include <rqpp/rqpp.h>

namespace {

using namespace std::chrono_literals;

void check(std::span<char*> ids) {
  const rqpp::IdCache customers = rqpp::IdCache::of_set("customers");
  customers.wait_until_ready(10s);
  for (const char* id : ids) {
    std::cout << id << (customers.contains(id) ? " is known\n" : " is not known\n");
  }
}

void list_sessions() {
  const rqpp::Scanner redis;
  for (const std::string& key : redis.scan({.match = "session:*", .type = "hash"})) {
    std::cout << key << '\n';
    for (const auto& [field, value] : redis.hscan(key)) {
      std::cout << "  " << field << " = " << value << '\n';
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc > 1 && std::string_view(argv[1]) == "--sessions") {
    list_sessions();
  } else {
    check(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  }
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
