#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "client/session.h"
#include "support/sanitizers.h"

#include <rqpp/queue.h>

// Counts what the whole test program allocates, in this thread. A sanitizer has operators of its
// own, so nothing is counted there.
namespace {

thread_local std::size_t allocations = 0;

constexpr bool kCounts = !rqpp::test::kAddressSanitizer && !rqpp::test::kThreadSanitizer;

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace rqpp {
namespace {

/// Stands for a Redis that takes everything.
class Sink final : public client::Session {
 public:
  Sink() : Session(Serializer::pickle) {}
  Replies run(const redis::Batch& batch) override {
    bytes += batch.bytes();
    return {};
  }
  Replies run_aside(const redis::Batch& batch, std::chrono::milliseconds) override {
    return run(batch);
  }

  std::size_t bytes = 0;
};

class SinkQueue : public Queue {
 public:
  explicit SinkQueue(std::shared_ptr<Sink> sink) : Queue(std::move(sink), "default", {}) {}
};

inline constexpr Task<void(int)> kTask{"sums.add"};

TEST(Allocations, AreFewPerJobEnqueued) {
  if (!kCounts) GTEST_SKIP() << "a sanitizer allocates in its own way";
  const auto sink = std::make_shared<Sink>();
  SinkQueue queue(sink);
  const TypedCall<void> call = kTask(20);
  queue.enqueue(call);  // announces the queue

  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) queue.enqueue(call);

  EXPECT_GT(sink->bytes, 101U * 300);
  const std::size_t each = (allocations - before) / 100;
  EXPECT_GT(each, 0U) << "they are counted";
  EXPECT_LE(each, 14U);
}

TEST(Allocations, AreFewerPerJobAmongMany) {
  if (!kCounts) GTEST_SKIP() << "a sanitizer allocates in its own way";
  const auto sink = std::make_shared<Sink>();
  SinkQueue queue(sink);
  const std::vector<TypedCall<void>> calls(1'000, kTask(20));
  queue.enqueue_many(calls);

  const std::size_t before = allocations;
  queue.enqueue_many(calls);

  EXPECT_GT(sink->bytes, 2'000U * 300);
  const std::size_t each = (allocations - before) / calls.size();
  EXPECT_GT(each, 0U) << "they are counted";
  EXPECT_LE(each, 7U);
}

}  // namespace
}  // namespace rqpp
