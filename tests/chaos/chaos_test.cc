// Everything breaks at random while jobs of all kinds are run and RQ of Python cleans and reads;
// then the books must balance. The seed decides which faults strike and when, and which jobs there
// are. In ctest it is short; by hand it is as long as wanted (`make chaos`):
//
//     RQPP_CHAOS_SEED=7 RQPP_CHAOS_SECONDS=60 build/release/chaos_tests --gtest_filter='Chaos.*'
//
//     RQPP_CHAOS_SEED      which chaos; 1
//     RQPP_CHAOS_SECONDS   how long faults strike; 6
//     RQPP_CHAOS_JOBS      jobs that are ordered meanwhile; 40 a second
//     RQPP_CHAOS_FAULTS    only these, `cut,kill-redis`; all
//     RQPP_CHAOS_FSYNC     Redis' appendfsync: always or everysec; by the seed
//     RQPP_CHAOS_KEEP      1: keep the logs of the workers and say where

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "chaos/arena.h"
#include "chaos/books.h"
#include "chaos/dice.h"
#include "chaos/faults.h"
#include "chaos/load.h"
#include "chaos/observers.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string word_from(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? "" : text;
}

/// Each as often as its weight says.
std::vector<Fault> wanted_faults() {
  const std::string wanted = word_from("RQPP_CHAOS_FAULTS");
  std::vector<Fault> faults;
  for (const auto& [name, weighted] : all_faults()) {
    const bool is_wanted =
        wanted.empty() || ("," + wanted + ",").find("," + name + ",") != std::string::npos;
    if (is_wanted)
      faults.insert(faults.end(), static_cast<std::size_t>(weighted.weight), weighted.fault);
  }
  return faults;
}

class Chaos : public ::testing::Test {
 protected:
  struct Undo {
    Clock::time_point at{};
    std::function<void()> act{};
  };

  void run_load();
  void strike();
  void undo(Clock::time_point until);
  std::string logs();
  void note(const std::string& what) {
    const std::chrono::duration<double> at = Clock::now() - began_;
    plan_ << "  " << at.count() << " s: " << what << "\n";
  }

  const int seed_ = number_from("RQPP_CHAOS_SEED", 1);
  const std::chrono::seconds seconds_{number_from("RQPP_CHAOS_SECONDS", 6)};
  const int jobs_ = number_from("RQPP_CHAOS_JOBS", 40 * static_cast<int>(seconds_.count()));
  Dice dice_{seed_};
  std::vector<Fault> faults_ = wanted_faults();
  std::string fsync_ = word_from("RQPP_CHAOS_FSYNC").empty()
                           ? (seed_ % 2 == 0 ? "everysec" : "always")
                           : word_from("RQPP_CHAOS_FSYNC");
  Arena arena_{fsync_, Arena::fleet()};
  Load load_{arena_, dice_};
  Clock::time_point began_ = Clock::now();
  std::vector<Undo> undos_{};
  int struck_ = 0;
  std::ostringstream plan_{};
};

void Chaos::run_load() {
  while (Clock::now() < began_ + seconds_) {
    const auto share = std::chrono::duration<double>(Clock::now() - began_) / seconds_;
    load_.order(static_cast<int>(share * jobs_));
    const auto next = Clock::now() + std::chrono::milliseconds{dice_.below(200)};
    undo(next);
    arena_.supervise();
    ::poll(
        nullptr, 0,
        static_cast<int>(std::max<std::int64_t>(
            0,
            std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count())));
    strike();
  }
  undo(Clock::time_point::max());
  load_.order(jobs_);
}

void Chaos::strike() {
  if (faults_.empty()) return;
  Struck struck = dice_.any_of(faults_)(arena_, dice_);
  if (struck.what.empty()) return;
  struck_ += 1;
  const auto lasts = std::min<std::chrono::milliseconds>(struck.lasts, seconds_);
  note(struck.what + (struck.undo ? " for " + std::to_string(lasts.count()) + " ms" : ""));
  if (struck.undo) undos_.push_back({Clock::now() + lasts, struck.undo});
}

/// All that is due until then; at the end all at once.
void Chaos::undo(Clock::time_point until) {
  std::sort(undos_.begin(), undos_.end(), [](const Undo& a, const Undo& b) { return a.at < b.at; });
  while (!undos_.empty() && undos_.front().at <= until) {
    const Undo due = undos_.front();
    undos_.erase(undos_.begin());
    due.act();
  }
}

std::string Chaos::logs() {
  return word_from("RQPP_CHAOS_KEEP").empty() ? "RQPP_CHAOS_KEEP=1 keeps the logs"
                                              : "the logs are in " + arena_.folder();
}

TEST_F(Chaos, LosesNothing) {
  if (!arena_.why_no_cable().empty())
    std::cout << "chaos: no cable: " << arena_.why_no_cable() << "\n";
  for (Post& post : arena_.posts()) arena_.launch(post);
  Observers observers(arena_);
  if (observers.empty()) std::cout << "chaos: no RQ, scripts/rq-venv makes it\n";

  run_load();
  for (Post& post : arena_.posts()) {
    if (post.proxy) post.proxy->heal();
  }
  note("all is healed");
  Books books(arena_, load_.orders());
  const bool closed = becomes_true(
      [&] {
        arena_.supervise();
        return books.are_closed();
      },
      60s);
  note("all has ended");

  const std::string said = observers.stop();
  std::vector<std::string> violations = books.violations();
  for (const std::string& end : arena_.unexpected_ends()) violations.push_back(end);
  std::cout << "chaos: seed " << seed_ << ", " << fsync_ << ", " << struck_
            << " faults: " << books.summary() << "\n"
            << said;
  if (closed && violations.empty()) return;
  std::ostringstream text;
  text << "RQPP_CHAOS_SEED=" << seed_ << (closed ? "" : ": something never ends") << "\n"
       << plan_.str();
  for (const std::string& violation : violations) text << "- " << violation << "\n";
  FAIL() << text.str() << logs();
}

}  // namespace
}  // namespace rqpp::test
