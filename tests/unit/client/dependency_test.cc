#include <rqpp/dependency.h>

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/enqueue_options.h>

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Handle {
  const std::string& id() const { return id_; }
  std::string id_{};
};

std::vector<std::string> ids(const EnqueueOptions& options) { return options.depends_on.job_ids(); }

TEST(Dependency, TakesOneJobOrOneId) {
  const Handle a{"a"};
  const std::string text = "t";

  EXPECT_THAT(ids({}), IsEmpty());
  EXPECT_THAT(ids({.depends_on = a}), ElementsAre("a"));
  EXPECT_THAT(ids({.depends_on = "i"}), ElementsAre("i"));
  EXPECT_THAT(ids({.depends_on = text}), ElementsAre("t"));
}

TEST(Dependency, TakesSeveralJobsAndIds) {
  const Handle a{"a"};
  const Handle b{"b"};

  EXPECT_THAT(ids({.depends_on = {a, b, "c"}}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids({.depends_on = {"x", "y"}}), ElementsAre("x", "y"));
  EXPECT_THAT(ids({.depends_on = std::vector{a, b}}), ElementsAre("a", "b"));
  EXPECT_THAT(ids({.depends_on = std::vector<std::string>{"x", "y"}}), ElementsAre("x", "y"));
}

TEST(Dependency, TakesOptionsBesideThem) {
  const Handle a{"a"};
  const Handle b{"b"};

  const EnqueueOptions one{.depends_on = {a, {.allow_failure = true}}};
  const EnqueueOptions two{.depends_on = {{a, b}, {.at_front = true}}};
  const EnqueueOptions many{.depends_on = {std::vector{a, b}, {.allow_stop = true}}};

  EXPECT_EQ(one.depends_on.options(), DependencyOptions{.allow_failure = true});
  EXPECT_EQ(two.depends_on.options(), DependencyOptions{.at_front = true});
  EXPECT_EQ(many.depends_on.options(), DependencyOptions{.allow_stop = true});
  EXPECT_THAT(ids(two), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace rqpp
