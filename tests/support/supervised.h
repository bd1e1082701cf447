#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "worker/supervisor.h"

namespace rqpp::test {

/// Feeds a supervisor and reads its answers as text.
class Supervised : public testing::Test {
 protected:
  std::vector<std::string> on(const worker::Event& event) {
    last_ = supervisor_->on(event, now_);
    std::vector<std::string> texts;
    for (const worker::Action& action : last_) texts.push_back(to_text(action));
    return texts;
  }

  void advance(std::chrono::milliseconds time) {
    now_.steady += time;
    now_.wall += time;
  }

  template <class T>
  const T& only() const {
    const T* found = nullptr;
    for (const worker::Action& action : last_) {
      if (const T* it = std::get_if<T>(&action)) found = it;
    }
    EXPECT_NE(found, nullptr);
    return *found;
  }

  std::optional<worker::Supervisor> supervisor_;
  base::Moment now_{base::Moment::Steady{std::chrono::seconds{1000}},
                    Time{std::chrono::seconds{1'700'000'000}}};
  worker::Actions last_;
};

}  // namespace rqpp::test
