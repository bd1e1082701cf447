#include "mirror/table.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "support/sanitizers.h"

namespace rqpp::mirror {
namespace {

constexpr KeyedHash::Keys kKeys{0x1234'5678'9abc'def1, 0xfeed'beef'0bad'cafe,
                                0x9e37'79b9'7f4a'7c15};
constexpr int kFactor = test::kThreadSanitizer || test::kAddressSanitizer ? 10 : 1;

std::string id_of(int number) { return "user:" + std::to_string(number); }

void sweep_all(Table& table) {
  std::uint64_t next = 0;
  do next = table.sweep(next);
  while (next != 0);
}

class EachTable : public testing::TestWithParam<bool> {
 protected:
  static std::unique_ptr<Table> make() {
    return GetParam() ? make_exact_table(kKeys) : make_compact_table(kKeys);
  }
  std::unique_ptr<Table> table = make();
};

INSTANTIATE_TEST_SUITE_P(Both, EachTable, testing::Bool(),
                         [](const auto& exact) { return exact.param ? "Exact" : "Compact"; });

TEST_P(EachTable, HoldsNothingAtFirst) {
  EXPECT_FALSE(table->contains("a"));
  EXPECT_FALSE(table->contains(""));
  EXPECT_EQ(table->size(), 0U);
}

TEST_P(EachTable, HoldsAnyBytesOfAnyLength) {
  const std::vector<std::string> ids{"",
                                     std::string("\0", 1),
                                     std::string("\0\0", 2),
                                     "a",
                                     std::string(254, 'x'),
                                     std::string(255, 'x'),
                                     std::string(256, 'x'),
                                     std::string(100'000, 'x')};
  for (const std::string& id : ids) table->put(id);

  for (const std::string& id : ids) EXPECT_TRUE(table->contains(id)) << id.size();
  EXPECT_FALSE(table->contains(std::string(253, 'x')));
  EXPECT_FALSE(table->contains(std::string(257, 'x')));
  EXPECT_EQ(table->size(), ids.size());

  for (const std::string& id : ids) table->erase(id);
  EXPECT_EQ(table->size(), 0U);
  EXPECT_FALSE(table->contains(ids.back()));
}

TEST_P(EachTable, GrowsAndShrinks) {
  constexpr int kIds = 300'000 / kFactor;
  for (int i = 0; i < kIds; ++i) table->put(id_of(i));
  ASSERT_EQ(table->size(), static_cast<std::size_t>(kIds));
  for (int i = 0; i < kIds; ++i) ASSERT_TRUE(table->contains(id_of(i))) << i;
  const std::size_t full = table->bytes();

  table->begin_round();
  for (int i = 0; i < kIds; i += 1'000) table->put(id_of(i));
  sweep_all(*table);

  EXPECT_EQ(table->size(), static_cast<std::size_t>(kIds) / 1'000);
  for (int i = 0; i < kIds; ++i) ASSERT_EQ(table->contains(id_of(i)), i % 1'000 == 0) << i;
  EXPECT_LT(table->bytes(), full / 3);
}

TEST_P(EachTable, AnswersForManyAsForEach) {
  const std::string long_one(300, 'x');
  for (const int ids : {100, 400'000 / kFactor}) {  // what fits into the processor's cache, or not
    for (int i = 0; i < ids; i += 2) table->put(id_of(i));
    table->put(long_one);
    std::vector<std::string> asked{long_one, long_one + "y", ""};
    for (int i = 0; i < ids; i += 7) asked.push_back(id_of(i));
    const std::vector<std::string_view> views(asked.begin(), asked.end());

    std::vector<bool> answers;
    table->contains(views, answers);

    ASSERT_EQ(answers.size(), asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) {
      ASSERT_EQ(answers[i], table->contains(asked[i])) << asked[i];
    }
    EXPECT_EQ(std::vector<bool>(answers.begin(), answers.begin() + 5),
              (std::vector<bool>{true, false, false, true, false}));
  }
}

TEST_P(EachTable, HoldsEachIdOnce) {
  for (int times = 0; times < 3; ++times) {
    for (int i = 0; i < 1'000; ++i) table->put(id_of(i));
  }

  EXPECT_EQ(table->size(), 1'000U);
}

TEST_P(EachTable, TakesNoMoreRoomForIdsThatComeAndGo) {
  for (int i = 0; i < 2'000; ++i) table->put(id_of(i));
  const std::size_t before = table->bytes();

  for (int i = 2'000; i < 300'000 / kFactor; ++i) {
    table->put(id_of(i));
    table->erase(id_of(i - 2'000));
  }

  EXPECT_EQ(table->size(), 2'000U);
  EXPECT_LE(table->bytes(), 4 * before);
}

TEST_P(EachTable, KeepsWhatARoundThatWasBrokenOffHasSeenOnlyIfTheNextSeesIt) {
  table->put("a");
  table->put("b");
  table->begin_round();
  table->put("a");
  table->begin_round();
  table->put("b");

  sweep_all(*table);

  EXPECT_FALSE(table->contains("a"));
  EXPECT_TRUE(table->contains("b"));
}

/// What a table should be.
struct Model {
  std::map<std::string, bool> ids{};  // and whether they were put in this round

  void begin_round() {
    for (auto& [id, put] : ids) put = false;
  }
  void sweep() {
    std::erase_if(ids, [](const auto& each) { return !each.second; });
  }
};

TEST_P(EachTable, IsWhatASetIs) {
  const bool sound = rc::check("the table is what a set is", [] {
    auto it = make();
    Model model;
    const int range = *rc::gen::element(10, 1'000, 20'000);
    const int steps = *rc::gen::inRange(1, 30);
    for (int step = 0; step < steps; ++step) {
      const int action = *rc::gen::inRange(0, 8);
      const int first = *rc::gen::inRange(0, range);
      const int last = first + *rc::gen::inRange(1, std::max(2, range / 4));
      if (action < 5) {
        for (int i = first; i < last; ++i) {
          it->put(id_of(i));
          model.ids[id_of(i)] = true;
        }
      } else if (action < 6) {
        for (int i = first; i < last; ++i) {
          it->erase(id_of(i));
          model.ids.erase(id_of(i));
        }
      } else if (action < 7) {
        it->begin_round();
        model.begin_round();
      } else {
        sweep_all(*it);
        model.sweep();
      }
      RC_ASSERT(it->size() == model.ids.size());
    }
    for (int i = 0; i < range; ++i) {
      RC_ASSERT(it->contains(id_of(i)) == model.ids.contains(id_of(i)));
    }
  });
  EXPECT_TRUE(sound);
}

TEST_P(EachTable, IsReadWhileItChanges) {
  constexpr int kStay = 2'000;
  for (int i = 0; i < kStay; ++i) table->put(id_of(i));
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> lost{0};
  std::atomic<std::int64_t> asked{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      for (int i = reader; !stop; i = (i + 7) % kStay) {
        const std::string there = id_of(i);
        const std::string nobody = "nobody:" + std::to_string(i);
        if (!table->contains(there) || table->contains(nobody)) ++lost;
        std::vector<bool> answers;
        table->contains(std::vector<std::string_view>{nobody, there}, answers);
        if (answers[0] || !answers[1]) ++lost;
        ++asked;
      }
    });
  }

  // Blocks split, are packed, united and used again, all under the eyes of the readers.
  for (int round = 0; round < 4 || asked < 1'000; ++round) {
    table->begin_round();
    for (int i = 0; i < kStay; ++i) table->put(id_of(i));
    for (int i = 0; i < 60'000 / kFactor; ++i)
      table->put("guest:" + std::to_string(i * (round + 1)));
    table->begin_round();
    for (int i = 0; i < kStay; ++i) table->put(id_of(i));
    sweep_all(*table);
  }
  stop = true;
  for (std::thread& each : readers) each.join();

  EXPECT_EQ(lost, 0);
}

TEST(CompactTable, TakesFewForThere) {
  const auto table = make_compact_table(kKeys);
  constexpr int kIds = 200'000 / kFactor;
  for (int i = 0; i < kIds; ++i) table->put(id_of(i));

  int mistaken = 0;
  for (int i = kIds; i < 4 * kIds; ++i) mistaken += table->contains(id_of(i)) ? 1 : 0;

  EXPECT_LE(mistaken, 3);
}

TEST(ExactTable, TakesLittleMoreThanItsIds) {
  const auto table = make_exact_table(kKeys);
  constexpr int kIds = 200'000;
  for (int i = 0; i < kIds; ++i) table->put("id:" + std::to_string(1'000'000'000 + i));

  const double overhead = static_cast<double>(table->bytes()) / kIds - 13;

  EXPECT_GT(overhead, 4);
  EXPECT_LT(overhead, 13);
}

}  // namespace
}  // namespace rqpp::mirror
