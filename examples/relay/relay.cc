// Jobs that wait for jobs: two words are counted at once, a third job adds the numbers up, and a
// fourth tells the sum.
//
//     relay worker &
//     relay "to be" "or not to be"

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include <rqpp/rqpp.h>

namespace {

constexpr rqpp::Task<int(std::string)> count_words{"relay.count_words"};
constexpr rqpp::Task<int(int, int)> add{"relay.add"};
constexpr rqpp::Task<std::string(int)> tell{"relay.tell"};

int count(const std::string& text) {
  std::istringstream words(text);
  int number = 0;
  for (std::string word; words >> word;) ++number;
  return number;
}

std::string sentence(int words) { return std::to_string(words) + " words in all"; }

}  // namespace

RQPP_MODULE(relay) {
  tasks.add(count_words, count, {"text"});
  tasks.add(add, [](int a, int b) { return a + b; }, {"a", "b"});
  tasks.add(tell, sentence, {"words"});
}

int main(int argc, char** argv) try {
  const std::string_view text = argc > 1 ? argv[1] : "to be";
  const std::string_view more = argc > 2 ? argv[2] : "or not to be";
  if (text == "worker") return rqpp::run_worker({.modules = {rqpp_module_relay()}});

  using rqpp::result_of;
  rqpp::Queue queue;
  const rqpp::Job<int> first = queue.enqueue(count_words(text));
  const rqpp::Job<int> second = queue.enqueue(count_words(more));
  const rqpp::Job<int> sum = queue.enqueue(add(result_of(first), result_of(second)));
  const rqpp::Job<std::string> told = queue.enqueue(tell(result_of(sum)));
  std::cout << told.wait(std::chrono::minutes{1}) << '\n';
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
