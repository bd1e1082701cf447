#include "worker/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The parent's end of a horse's socket, and the horse's as a bare descriptor.
class HorseChannelTest : public testing::Test {
 protected:
  HorseChannelTest() {
    auto [ours, theirs] = socket_pair();
    parent_ = HorseChannel(std::move(ours));
    horse_ = std::move(theirs);
  }

  void horse_writes(std::string_view bytes) {
    ASSERT_EQ(::write(horse_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  HorseChannel parent_{};
  base::Fd horse_{};
};

TEST_F(HorseChannelTest, HasNothingToReadAtFirst) {
  const auto arrivals = parent_.read();

  EXPECT_THAT(arrivals.frames, IsEmpty());
  EXPECT_FALSE(arrivals.ended);
  EXPECT_EQ(parent_.events(), POLLIN);
}

TEST_F(HorseChannelTest, PutsFramesTogetherFromSingleBytes) {
  const std::string bytes = encode(ModuleLoaded{"fib"}) + encode(Outcome{.return_value = "v"});

  std::vector<FromHorse> frames;
  for (const char byte : bytes) {
    horse_writes(std::string_view(&byte, 1));
    for (FromHorse& frame : parent_.read().frames) frames.push_back(std::move(frame));
  }

  EXPECT_THAT(frames, testing::ElementsAre(FromHorse(ModuleLoaded{"fib"}),
                                           FromHorse(Outcome{.return_value = "v"})));
}

TEST_F(HorseChannelTest, TellsTheEndAfterTheLastFrames) {
  horse_writes(encode(ModuleLoaded{"fib"}));
  horse_.reset();

  const auto arrivals = parent_.read_rest();

  EXPECT_THAT(arrivals.frames, SizeIs(1));
  EXPECT_TRUE(arrivals.ended);
  EXPECT_THAT(arrivals.trouble, IsEmpty());
  EXPECT_FALSE(parent_.is_open());
  EXPECT_TRUE(parent_.read().ended);
}

TEST_F(HorseChannelTest, TellsAnEndWithinAFrame) {
  horse_writes(encode(ModuleLoaded{"fib"}).substr(0, 7));
  horse_.reset();

  EXPECT_THAT(parent_.read_rest().trouble, HasSubstr("broke off within a frame, after 7 bytes"));
}

TEST_F(HorseChannelTest, EndsAtALengthThatNoHorseMayHave) {
  const std::uint32_t most = kMaxPayloadBytes<FromHorse>;
  std::string header(kFrameHeaderBytes, '\x10');
  for (std::size_t i = 0; i < 4; ++i) header[i] = static_cast<char>((most + 1) >> (8 * i));
  horse_writes(header);

  EXPECT_THAT(parent_.read().trouble, HasSubstr("65 MiB is the most"));
}

TEST_F(HorseChannelTest, ReadsALargeFrameThatComesInPieces) {
  const std::string value(3 << 20, 'v');
  const std::string bytes = encode(Outcome{.return_value = value}) + encode(ModuleLoaded{"fib"});
  std::thread writes([&] {
    for (std::size_t done = 0; done < bytes.size();) {
      done += static_cast<std::size_t>(::write(horse_.get(), bytes.data() + done,
                                               std::min<std::size_t>(99'999, bytes.size() - done)));
    }
  });

  std::vector<FromHorse> frames;
  while (frames.size() < 2) {
    parent_.wait();
    for (FromHorse& frame : parent_.read().frames) frames.push_back(std::move(frame));
  }
  writes.join();

  EXPECT_EQ(std::get<Outcome>(frames[0]).return_value, value);
  EXPECT_EQ(frames[1], FromHorse(ModuleLoaded{"fib"}));
}

TEST_F(HorseChannelTest, ReadsNotMuchAtOnceFromOneHorse) {
  std::string bytes;
  while (bytes.size() < 100'000) bytes += encode(ModuleLoaded{"fib"});
  std::thread writes([&] {
    for (int i = 0; i < 20; ++i) {
      for (std::size_t done = 0; done < bytes.size();) {
        done += static_cast<std::size_t>(
            ::write(horse_.get(), bytes.data() + done, bytes.size() - done));
      }
    }
    horse_.reset();
  });

  for (bool ended = false; !ended;) {
    parent_.wait();
    const auto arrivals = parent_.read();
    EXPECT_LT(arrivals.frames.size() * encode(ModuleLoaded{"fib"}).size(), 400'000U);
    ended = arrivals.ended;
  }
  writes.join();
}

TEST_F(HorseChannelTest, EndsAtALengthAboveTheLimit) {
  horse_writes("\xff\xff\xff\xff\x10");

  const auto arrivals = parent_.read();

  EXPECT_TRUE(arrivals.ended);
  EXPECT_THAT(arrivals.trouble, HasSubstr("announces 4294967295 bytes"));
  EXPECT_FALSE(parent_.is_open());
}

TEST_F(HorseChannelTest, EndsAtAFrameThatDoesNotBelongHere) {
  horse_writes(encode(ModuleLoaded{"fib"}) + encode(ForkHorse{1}));

  const auto arrivals = parent_.read();

  EXPECT_THAT(arrivals.frames, SizeIs(1));
  EXPECT_TRUE(arrivals.ended);
  EXPECT_THAT(arrivals.trouble, HasSubstr("does not belong here"));
}

TEST_F(HorseChannelTest, SendsWhatTheSocketDoesNotTakeLater) {
  const Assignment large{.data = std::string(4 << 20, 'x')};
  parent_.send(large);

  EXPECT_TRUE(parent_.flush());
  EXPECT_EQ(parent_.events(), POLLIN | POLLOUT);

  Channel<ToHorse> horse(std::move(horse_));
  std::vector<ToHorse> frames;
  while (frames.empty()) {
    frames = horse.read().frames;
    EXPECT_TRUE(parent_.flush());
  }
  EXPECT_EQ(frames.at(0), ToHorse(large));
  EXPECT_EQ(parent_.events(), POLLIN);
}

TEST_F(HorseChannelTest, WaitsUntilAllIsSentAndUntilSomethingComes) {
  Channel<ToHorse> horse(std::move(horse_));
  const std::string value(50 << 20, 'x');
  std::thread worker([&] {
    horse.send(Outcome{.return_value = value});
    EXPECT_TRUE(horse.flush_all());
  });

  std::vector<FromHorse> frames;
  while (frames.empty()) frames = parent_.wait_and_read().frames;
  worker.join();

  EXPECT_TRUE(std::get<Outcome>(frames.at(0)).return_value == value);
}

TEST_F(HorseChannelTest, SaysWhenNobodyListensAndRaisesNoSignal) {
  horse_.reset();
  parent_.send(Assignment{});

  EXPECT_FALSE(parent_.flush());
  EXPECT_FALSE(parent_.flush_all());
}

TEST_F(HorseChannelTest, TakesNoDescriptorsFromAHorse) {
  FrameStream horse(std::move(horse_), FrameStream::Descriptors::refused);
  horse.push(encode(ModuleLoaded{"fib"}), base::Fd(::dup(0)));
  ASSERT_TRUE(horse.flush());

  EXPECT_THAT(parent_.read().frames, SizeIs(1));
  EXPECT_FALSE(parent_.take_descriptor());
}

TEST(StableChannel, TakesDescriptorsInTheirOrder) {
  auto [ours, theirs] = socket_pair();
  Channel<FromStable> parent(std::move(ours), FrameStream::Descriptors::taken);
  Channel<ToStable> stable(std::move(theirs));
  auto [first, first_end] = socket_pair();
  auto [second, second_end] = socket_pair();
  stable.send(HorseExited{});
  stable.send(HorseBorn{1, 100}, std::move(first));
  stable.send(HorseBorn{2, 200}, std::move(second));
  ASSERT_TRUE(stable.flush());

  EXPECT_THAT(parent.read().frames, SizeIs(3));
  base::Fd first_taken = parent.take_descriptor();
  base::Fd second_taken = parent.take_descriptor();

  EXPECT_FALSE(parent.take_descriptor());
  ASSERT_EQ(::write(first_taken.get(), "1", 1), 1);
  ASSERT_EQ(::write(second_taken.get(), "2", 1), 1);
  char byte = 0;
  ASSERT_EQ(::read(first_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, '1');
  ASSERT_EQ(::read(second_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, '2');
  EXPECT_EQ(::fcntl(first_taken.get(), F_GETFD), FD_CLOEXEC);
}

}  // namespace
}  // namespace rqpp::worker
