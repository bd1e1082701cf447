#include "worker/symbol_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "worker/code_place.h"

namespace rqpp::worker {
namespace {

using symbols::Frame;

const std::vector<Frame> kFrames{{.function = "bake(int)", .file = "oven.cc", .line = 12},
                                 {.function = "", .file = "oven.so+0x11f9", .line = 0}};

int descriptor_named(const std::string& name) {
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    std::string target(256, '\0');
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ::ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    if (size > 0 && target.find(name) != std::string::npos) return descriptor;
  }
  return -1;
}

template <class Action>
int exit_code_of_child(Action action) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(action() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(SymbolCache, HasWhatAChildHasInserted) {
  SymbolCache cache;
  EXPECT_EQ(cache.find("oven.so 1"), std::nullopt);

  EXPECT_EQ(exit_code_of_child([&cache] {
              cache.insert("oven.so 1", kFrames);
              return cache.insertions() == 1;
            }),
            0);

  EXPECT_EQ(cache.find("oven.so 1"), kFrames);
  EXPECT_EQ(cache.find("oven.so 2"), std::nullopt);
}

TEST(SymbolCache, IsBounded) {
  SymbolCache cache;
  const int descriptor = descriptor_named("memfd:rqpp-symbols");
  ASSERT_GE(descriptor, 0);
  constexpr std::size_t kPlaces = 10 * SymbolCache::kSlots;

  std::size_t known = 0;
  for (std::size_t i = 0; i < kPlaces; ++i) cache.insert(std::to_string(i), kFrames);
  for (std::size_t i = 0; i < kPlaces; ++i) {
    const auto found = cache.find(std::to_string(i));
    if (!found) continue;
    EXPECT_EQ(found, kFrames);
    ++known;
  }

  struct stat info {};
  ASSERT_EQ(::fstat(descriptor, &info), 0);
  EXPECT_LE(info.st_blocks * 512, SymbolCache::kSlots * SymbolCache::kSlotBytes);
  EXPECT_GT(known, SymbolCache::kSlots / 2);
  EXPECT_LE(known, SymbolCache::kSlots);
}

TEST(SymbolCache, LeavesOutWhatFitsIntoNoSlot) {
  SymbolCache cache;
  cache.insert("long", {{.function = std::string(SymbolCache::kSlotBytes, 'f')}});
  EXPECT_EQ(cache.find("long"), std::nullopt);
  EXPECT_EQ(cache.insertions(), 0);
}

TEST(SymbolCache, DoesNotFindWhatIsDamaged) {
  SymbolCache cache;
  cache.insert("oven.so 1", kFrames);
  const int descriptor = descriptor_named("memfd:rqpp-symbols");
  const std::string dirt(8, 'x');
  constexpr auto kSlot = static_cast<int>(SymbolCache::kSlotBytes);
  for (int slot = 0; slot < static_cast<int>(SymbolCache::kSlots); ++slot) {
    ASSERT_EQ(::pwrite(descriptor, dirt.data(), dirt.size(), slot * kSlot + 20), 8);
  }

  EXPECT_EQ(cache.find("oven.so 1"), std::nullopt);
  cache.insert("oven.so 1", kFrames);
  EXPECT_EQ(cache.find("oven.so 1"), kFrames);
}

// As horses: they keep no descriptor but their channel.
TEST(SymbolCache, ServesAChildWithoutDescriptors) {
  SymbolCache cache;
  cache.insert("oven.so 1", kFrames);
  EXPECT_EQ(exit_code_of_child([&cache] {
              for (int descriptor = 3; descriptor < 256; ++descriptor) ::close(descriptor);
              return cache.find("oven.so 1") == kFrames && ::dup(0) == 3;
            }),
            0);
}

// The process that has made it may have closed what is not its own, and a file has the number now.
TEST(SymbolCache, WritesIntoNoOtherFile) {
  std::string path = "/tmp/rqpp-symbols-XXXXXX";
  const int file = ::mkstemp(path.data());
  const auto lose_descriptor = [&] {
    SymbolCache cache;
    cache.insert("oven.so 1", kFrames);
    if (::dup2(file, descriptor_named("memfd:rqpp-symbols")) < 0) return false;
    const bool found = cache.find("oven.so 1").has_value();
    cache.insert("oven.so 2", kFrames);
    struct stat info {};
    return !found && ::fstat(file, &info) == 0 && info.st_size == 0 && cache.insertions() == 1;
  };

  EXPECT_EQ(exit_code_of_child(lose_descriptor), 0);
  ::close(file);
  ::unlink(path.c_str());
}

// A write beyond RLIMIT_FSIZE is a signal that ends the process.
TEST(SymbolCache, KeepsToALimitOfFiles) {
  SymbolCache cache;
  const auto insert_under_limit = [&cache] {
    const rlimit limit{.rlim_cur = 1, .rlim_max = 1};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    for (int i = 0; i < 100; ++i) cache.insert(std::to_string(i), kFrames);
    return cache.insertions() == 0;
  };
  EXPECT_EQ(exit_code_of_child(insert_under_limit), 0);
}

TEST(CodePlace, IsOneForEachAddressOfABinary) {
  const int on_stack = 0;
  EXPECT_EQ(place_of(nullptr), "");
  EXPECT_EQ(place_of(&on_stack), "");

  const auto* function = reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(&::getpid));
  EXPECT_THAT(place_of(function), testing::HasSubstr("libc"));
  EXPECT_EQ(place_of(function), place_of(function));
  EXPECT_NE(place_of(function), place_of(function + 1));
}

}  // namespace
}  // namespace rqpp::worker
