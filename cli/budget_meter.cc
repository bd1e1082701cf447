#include "budget_meter.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>

namespace rqpp::cli {
namespace {

// INFO and OBJECT are ours, the others what a connection begins with.
bool is_left_out(std::string_view command) {
  constexpr std::array<std::string_view, 7> kNames{"info", "object", "object|encoding", "hello",
                                                   "auth", "select", "client|setname"};
  return std::find(kNames.begin(), kNames.end(), command) != kNames.end();
}

template <class Number>
Number least(std::vector<Number> numbers) {
  return *std::min_element(numbers.begin(), numbers.end());
}

template <class Number>
Number middle(std::vector<Number> numbers) {
  const auto half = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), half, numbers.end());
  return *half;
}

template <class Take>
auto each(const std::vector<ServerCounts>& rounds, const Take& take) {
  std::vector<decltype(take(rounds.front()))> numbers;
  for (const ServerCounts& round : rounds) numbers.push_back(take(round));
  return numbers;
}

BudgetCost less(const BudgetCost& more, const BudgetCost& fewer) {
  BudgetCost rest{.commands = more.commands - fewer.commands,
                  .cpu_microseconds = more.cpu_microseconds - fewer.cpu_microseconds,
                  .bytes = more.bytes - fewer.bytes};
  if (more.reads && fewer.reads) rest.reads = *more.reads - *fewer.reads;
  return rest;
}

}  // namespace

BudgetCost cost_of(const std::vector<ServerCounts>& rounds, int count) {
  const auto of_each = [count](auto number) { return static_cast<double>(number) / count; };
  BudgetCost cost{
      .commands = of_each(least(each(rounds, [](const auto& round) { return round.total(); }))),
      .cpu_microseconds =
          of_each(middle(each(rounds, [](const auto& round) { return round.cpu.count(); }))),
      .bytes = of_each(least(each(rounds, [](const auto& round) { return round.bytes; })))};
  if (rounds.front().reads) {
    cost.reads = of_each(least(each(rounds, [](const auto& r) { return r.reads.value_or(0); })));
  }
  return cost;
}

ServerCounts BudgetMeter::during(const std::function<void()>& act) {
  const auto ask = [this] { return read_counts(connection_.run(ask_counts())); };
  const doctor::Sample idle = ask();
  const doctor::Sample begun = ask();
  const auto begin = std::chrono::steady_clock::now();
  act();
  const doctor::Sample ended = ask();
  const auto at_rest = std::chrono::duration_cast<std::chrono::microseconds>(
      (std::chrono::steady_clock::now() - begin) * rest_.cpu_share);
  const ServerCounts question = between(idle, begun);
  ServerCounts done = between(begun, ended);
  std::erase_if(done.commands, [](const auto& each) { return is_left_out(each.first); });
  done.cpu = std::max(done.cpu - question.cpu - at_rest, std::chrono::microseconds{0});
  done.bytes = std::max<std::int64_t>(done.bytes - question.bytes, 0);
  // The question is one read; it may be more, of others, in `question`.
  if (done.reads) done.reads = std::max<std::int64_t>(*done.reads - 1, 0);
  return done;
}

BudgetCost BudgetMeter::measure(const BudgetStep& step, int rounds,
                                const std::function<void()>& between_rounds) {
  std::vector<ServerCounts> single;
  std::vector<ServerCounts> twice;
  const auto run = [&](int count, std::vector<ServerCounts>& into) {
    if (step.prepare) step.prepare(count);
    into.push_back(during([&] { step.act(count); }));
    between_rounds();
  };
  for (int round = 0; round < rounds; ++round) {
    run(step.count, single);
    if (step.by_difference) run(2 * step.count, twice);
  }
  if (!step.by_difference) return cost_of(single, step.count);
  return less(cost_of(twice, step.count), cost_of(single, step.count));
}

const BudgetMeter::Rest& BudgetMeter::watch_rest(std::chrono::milliseconds duration) {
  rest_ = {};
  const auto begin = std::chrono::steady_clock::now();
  const ServerCounts done = during([duration] { std::this_thread::sleep_for(duration); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  rest_ = {.commands_per_second = static_cast<double>(done.total()) / took.count(),
           .cpu_share = std::chrono::duration<double>(done.cpu) / took};
  return rest_;
}

}  // namespace rqpp::cli
