#include "worker/job_limits.h"

#include <new>
#include <stdexcept>

#include <gtest/gtest.h>

#include "worker/out_of_memory.h"

namespace rqpp::worker {
namespace {

TEST(SizeText, PicksAUnit) {
  EXPECT_EQ(size_text(1000), "1000 bytes");
  EXPECT_EQ(size_text(256 << 20), "256 MiB");
  EXPECT_EQ(size_text(1536LL << 20), "1.5 GiB");
  EXPECT_EQ(size_text(5LL << 50), "5120 TiB");
}

TEST(JobLimits, KnowTheEndOfMemoryFromALengthWithoutSense) {
  EXPECT_TRUE(is_out_of_memory(std::make_exception_ptr(std::bad_alloc())));
  EXPECT_FALSE(is_out_of_memory(std::make_exception_ptr(std::bad_array_new_length())));
  EXPECT_FALSE(is_out_of_memory(std::make_exception_ptr(std::runtime_error("x"))));
  EXPECT_FALSE(is_out_of_memory(std::make_exception_ptr(7)));
  EXPECT_FALSE(is_out_of_memory(nullptr));
}

TEST(JobLimits, CountThisProcessesMemory) { EXPECT_GT(data_bytes_now(), 1 << 16); }

TEST(OutOfMemory, ReadsTheKernelsCount) {
  EXPECT_EQ(oom_kills_in("nr_free_pages 7\noom_kill 12\nx 1\n"), 12);
  EXPECT_EQ(oom_kills_in("nr_free_pages 7\n"), 0);
  EXPECT_EQ(oom_kills_in("a 1\noom_kill x"), 0);
  EXPECT_EQ(oom_kills_in(""), 0);
}

TEST(OutOfMemory, SaysHowMuchItHeld) {
  EXPECT_NE(out_of_memory_text({.peak_memory_bytes = 3LL << 30}).find("held up to 3 GiB"),
            std::string::npos);
}

}  // namespace
}  // namespace rqpp::worker
