// Task and producer in one program, which is its own worker:
//
//     single worker &
//     single "to be or not to be"

#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include <rqpp/rqpp.h>

namespace {

constexpr rqpp::Task<int(std::string)> count_words{"single.count_words"};

int count(const std::string& text) {
  std::istringstream words(text);
  int number = 0;
  for (std::string word; words >> word;) ++number;
  return number;
}

}  // namespace

RQPP_MODULE(single) { tasks.add(count_words, count, {"text"}); }

int main(int argc, char** argv) try {
  const std::string_view text = argc > 1 ? argv[1] : "to be or not to be";
  if (text == "worker") return rqpp::run_worker({.modules = {rqpp_module_single()}});

  rqpp::Queue queue;
  const rqpp::Job<int> job = queue.enqueue(count_words(text));
  std::cout << job.wait(std::chrono::minutes{1}) << " words\n";
} catch (const rqpp::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
