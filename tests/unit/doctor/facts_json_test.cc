#include "doctor/facts_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

/// With something in every part.
Facts full_facts() {
  Facts facts;
  facts.server = {.software = "valkey", .version = "8.1.0", .config = {{"save", ""}}};
  facts.before.at_seconds = 1.25;
  facts.after = {.at_seconds = 11.5,
                 .cpu_seconds = 3.5,
                 .commands = 12,
                 .by_command = {{"config|get", {1, 2, 3, 4}}},
                 .errors = {{"ERR", 5}},
                 .keys = 7};
  facts.own_calls = {{"info", 10}};
  facts.latencies = {{"get", {1.5, 2.5, 3.5}}};
  facts.slow_log = SlowLog{3, {{"KEYS", "user:*", 3, 20, 50, 4, "web"}}};
  facts.latency_events = {{"fork", 1, 2, 3}};
  facts.clients = Clients{5, 4, {{"web-*", "10.0.0.7:1", 4, 3, 2, 1, {{"GET", 4}}}}};
  facts.keys =
      KeySample{2, 3, true, {{"a:*", "set", 1, 1, 9, 9}}, {{"a:1", "set", 9, 99, false, 2}}};
  facts.monitored = Monitored{2.5, 9, true, {{"GET", "a:*", 9, 1, {{"web-*", 8}}}}};
  facts.rq = RqFacts{.queues_registered = 1,
                     .queues = {{.name = "mail", .length_after = 3, .stuck = {"j1"}}},
                     .dead_workers = {"w1"},
                     .broken = {{"j2", "odd"}},
                     .leaks = {{Leak::Kind::ghost, "j3", "rq:job:j3"}}};
  facts.unseen = {{"the slow log", "NOPERM"}};
  facts.cost = {1, 2.5, 3, 4, 5.5};
  return facts;
}

TEST(FactsJson, ComesBackAsItWas) {
  EXPECT_EQ(facts_of_json(to_json_text(full_facts())), full_facts());
  EXPECT_EQ(facts_of_json(to_json_text(Facts{})), Facts{});
  EXPECT_EQ(sample_of_json(to_json_text(full_facts().after)), full_facts().after);
}

TEST(FactsJson, HasDefaultsForWhatIsMissingAndIgnoresTheRest) {
  const Facts facts = facts_of_json(R"({"server": {"version": "7"}, "colour": "red"})");

  EXPECT_EQ(facts.server.version, "7");
  EXPECT_FALSE(facts.rq);
}

TEST(FactsJson, ShowsBytesThatAreNoText) {
  Facts facts;
  facts.server.version = "\xff";

  EXPECT_EQ(facts_of_json(to_json_text(facts)).server.version, "\xEF\xBF\xBD");
}

TEST(FactsJson, RefusesWhatIsNoRecord) {
  for (const char* text :
       {"", "[", "[1]", "3", R"({"server": 5})", R"({"after": {"commands": "x"}})"}) {
    EXPECT_THROW(facts_of_json(text), DecodeError) << text;
  }
}

}  // namespace
}  // namespace rqpp::doctor
