#pragma once

#include <cstdlib>
#include <random>
#include <vector>

namespace rqpp::test {

/// Chance, the same for the same seed.
class Dice {
 public:
  explicit Dice(int seed) : random_(static_cast<unsigned>(seed)) {}

  /// From 0 to `end` - 1.
  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  bool one_in(int times) { return below(times) == 0; }
  template <class T>
  T& any_of(std::vector<T>& values) {
    return values.at(static_cast<std::size_t>(below(static_cast<int>(values.size()))));
  }

 private:
  std::mt19937 random_;
};

inline int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace rqpp::test
