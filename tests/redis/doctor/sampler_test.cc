// What a look of --watch asks of a server, and what it does when that goes away.

#include "doctor/sampler.h"

#include "doctor/reading.h"
#include "redis/doctor/doctor_test.h"
#include "support/cutting_proxy.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

using redis::Batch;
using redis::Connection;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class SamplerTest : public DoctorTest {
 protected:
  void fill_queue(int jobs) {
    Batch batch;
    batch.add("SADD", "rq:queues", "rq:queue:mail");
    batch.add("RPUSH", "rq:queue:mail");
    for (int i = 0; i < jobs; ++i) batch.more("j" + std::to_string(i));
    for (int i = 0; i < jobs / 10; ++i) batch.add("SET", "k" + std::to_string(i), "v");
    connection.run(batch);
  }
  struct Price {
    std::map<std::string, std::int64_t> commands{};
    std::int64_t bytes = 0;
  };
  /// Of one look, as Redis counts it.
  static Price price(Sampler& sampler) {
    sampler.look();  // connects
    const Moment before = sampler.look();
    const Moment after = sampler.look();
    Price price{.bytes = after.spent.bytes_in + after.spent.bytes_out - before.spent.bytes_in -
                         before.spent.bytes_out};
    for (const auto& [name, count] : after.sample.by_command) {
      const auto found = before.sample.by_command.find(name);
      const auto calls =
          count.calls - (found == before.sample.by_command.end() ? 0 : found->second.calls);
      if (calls > 0) price.commands[name] = calls;
    }
    return price;
  }
};

TEST_F(SamplerTest, AsksTenTimesForInfoWhateverTheServerHolds) {
  Sampler sampler(server.settings());

  const Price few = price(sampler);
  fill_queue(200'000);
  std::vector<Connection> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.emplace_back(server.settings());
    crowd.back().run(Batch().add("PING"));
  }
  const Price many = price(sampler);

  EXPECT_THAT(few.commands, ElementsAre(Pair("info", 10)));
  EXPECT_THAT(many.commands, ElementsAre(Pair("info", 10)));
  EXPECT_LT(many.bytes, 20'000);
}

TEST_F(SamplerTest, SaysWhatTheServerIs) {
  ask("CONFIG", "SET", "maxmemory", "123456789");

  const Server met = Sampler(server.settings()).meet();

  EXPECT_EQ(met.role, "master");
  EXPECT_EQ(met.config.at("maxmemory"), "123456789");
}

TEST_F(SamplerTest, MeasuresWhatHappensBetweenTwoLooks) {
  Sampler sampler(server.settings());
  const Moment before = sampler.look();
  Batch batch;
  for (int i = 0; i < 1'000; ++i) batch.add("INCR", "n");
  connection.run(batch);

  const auto reading = reading_between(before, sampler.look());

  ASSERT_TRUE(reading);
  EXPECT_NEAR(reading->commands * (reading->to - reading->from), 1'000,
              2);  // the connection asks PING first
  EXPECT_THAT(reading->by_command, Contains(Field(&CommandLoad::name, "incr")));
  EXPECT_THAT(reading->by_command, Not(Contains(Field(&CommandLoad::name, "info"))));
}

TEST_F(SamplerTest, SeesNothingButItselfOnAServerAtRest) {
  Sampler sampler(server.settings());
  const Moment before = sampler.look();

  EXPECT_THAT(reading_between(before, sampler.look())->by_command, IsEmpty());
}

TEST_F(SamplerTest, GoesOnWhenTheServerIsBack) {
  test::CuttingProxy proxy(server.settings().unix_path);
  Sampler sampler(proxy.settings());
  const Moment before = sampler.look();

  proxy.cut_after_sent(0);
  EXPECT_THROW(sampler.look(), ConnectionError);
  proxy.heal();

  EXPECT_TRUE(reading_between(before, sampler.look()));
}

TEST_F(SamplerTest, DoesNotWaitForLong) {
  test::CuttingProxy proxy(server.settings().unix_path);
  Sampler sampler(proxy.settings());
  sampler.look();

  proxy.swallow_replies();

  EXPECT_THROW(sampler.look(), TimeoutError);
}

}  // namespace
}  // namespace rqpp::doctor
