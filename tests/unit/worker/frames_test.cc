#include "worker/frames.h"

#include <csignal>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/new_job.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

template <class Frames, class Frame>
Frames there_and_back(const Frame& frame) {
  const std::string bytes = encode(frame);
  const FrameHeader header = read_header(bytes);
  EXPECT_EQ(header.payload_bytes, bytes.size() - kFrameHeaderBytes);
  return decode<Frames>(header.type, std::string_view(bytes).substr(kFrameHeaderBytes));
}

template <class Frames, class Frame>
std::string refusal_of(const Frame& frame) {
  try {
    there_and_back<Frames>(frame);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "(no refusal)";
}

EnqueueRequest request() {
  return {.at_front = true,
          .job = protocol::new_job({.function = "fib.slow_fib", .args = {20}},
                                   {.timeout = seconds(30),
                                    .result_ttl = seconds(0),
                                    .failure_ttl = kForever,
                                    .ttl = seconds(5),
                                    .meta = Value::dict({{"who", "me"}}),
                                    .depends_on = {{"j1", "j0"}, {.allow_failure = true}},
                                    .retry = {.max = 2, .intervals = {seconds(7)}},
                                    .repeat = {.times = 3},
                                    .on_success = "audit.note",
                                    .on_failure = {"audit.alarm", seconds(5)},
                                    .webhooks = {{.url = "http://h/x"}}},
                                   "mail", Serializer::pickle, "j2", Time(seconds(1'000)))};
}

const Outcome kAsks{.kind = Outcome::Kind::run_again,
                    .summary = "busy",
                    .max_reruns = 3,
                    .waits = {0, 10'000'000'000},
                    .at_front = true};
const Outcome kSnoozes{.kind = Outcome::Kind::snooze, .summary = "wait", .waits = {5}};

TEST(Frames, ComeBackAsTheyWere) {
  const Assignment assignment{.job_id = "j1",
                              .execution_id = "e1",
                              .queue = "mail",
                              .worker = "w1",
                              .description = "f()",
                              .data = std::string("\x80\x05\0x", 4),
                              .meta = "{}",
                              .timeout_seconds = -1,
                              .results = {{"0", std::string("\0x", 2)}, {"b", ""}},
                              .callback = "audit.note",
                              .callback_is_foreign = true,
                              .ended_as = Status::stopped,
                              .told = "why"};
  const Outcome outcome{.kind = Outcome::Kind::error,
                        .exc_info = "why\n",
                        .summary = "why",
                        .usage = {.wall = std::chrono::microseconds(7)}};
  const HorseExited exited{.horse = 7,
                           .wait_status = 9,
                           .usage = {.wall = std::chrono::microseconds(1),
                                     .user_cpu = std::chrono::microseconds(2),
                                     .system_cpu = std::chrono::microseconds::max(),
                                     .peak_memory_bytes = 3},
                           .last_words = "SIGSEGV"};

  EXPECT_EQ(there_and_back<ToHorse>(assignment), ToHorse(assignment));
  EXPECT_EQ(there_and_back<FromHorse>(outcome), FromHorse(outcome));
  EXPECT_EQ(there_and_back<FromHorse>(Outcome{.return_value = "v"}),
            FromHorse(Outcome{.return_value = "v"}));
  EXPECT_EQ(there_and_back<FromHorse>(kAsks), FromHorse(kAsks));
  EXPECT_EQ(there_and_back<FromHorse>(kSnoozes), FromHorse(kSnoozes));
  EXPECT_EQ(there_and_back<FromHorse>(MetaSaved{"j", "{}"}), FromHorse(MetaSaved{"j", "{}"}));
  EXPECT_EQ(there_and_back<FromHorse>(request()), FromHorse(request()));
  EXPECT_EQ(there_and_back<FromHorse>(ModuleLoaded{"a.b"}), FromHorse(ModuleLoaded{"a.b"}));
  const Equip equip{.module_path = {"/a", "/b"},
                    .preload = {"fib"},
                    .limits = {.memory_bytes = 1 << 20, .cpu = seconds(3)},
                    .check_modules = true};
  EXPECT_EQ(there_and_back<ToStable>(equip), ToStable(equip));
  EXPECT_EQ(there_and_back<ToStable>(ForkHorse{-1, 3}), ToStable(ForkHorse{-1, 3}));
  EXPECT_EQ(there_and_back<ToStable>(OpenLane{3, 2}), ToStable(OpenLane{3, 2}));
  EXPECT_EQ(there_and_back<ToStable>(CloseLane{3}), ToStable(CloseLane{3}));
  EXPECT_EQ(there_and_back<ToStable>(SignalHorse{7, SIGTERM}), ToStable(SignalHorse{7, SIGTERM}));
  EXPECT_EQ(there_and_back<ToStable>(Preload{"fib"}), ToStable(Preload{"fib"}));
  EXPECT_EQ(there_and_back<FromStable>(HorseBorn{7, 1234}), FromStable(HorseBorn{7, 1234}));
  EXPECT_EQ(there_and_back<FromStable>(exited), FromStable(exited));
  EXPECT_EQ(there_and_back<FromStable>(ForkFailed{7, "no"}), FromStable(ForkFailed{7, "no"}));
  EXPECT_EQ(there_and_back<FromStable>(ModuleRefused{"no"}), FromStable(ModuleRefused{"no"}));
  const SendWebhooks webhooks{.number = 1ULL << 40,
                              .webhooks = {{.url = "http://h/x"},
                                           {.url = "https://h/y",
                                            .job_status = Status::failed,
                                            .method = Webhook::Method::post,
                                            .headers = {{"X-A", "b"}, {"X-B", ""}},
                                            .timeout = seconds(3)}},
                              .job_id = "j",
                              .status = Status::failed,
                              .enqueued_at = Time(seconds(5)),
                              .data = std::string("\x80\0", 2),
                              .exc_info = "why"};
  EXPECT_EQ(there_and_back<ToMessenger>(webhooks), ToMessenger(webhooks));
  const WebhooksSent sent{.number = 7, .troubles = {"a", "b"}};
  EXPECT_EQ(there_and_back<FromMessenger>(sent), FromMessenger(sent));
}

TEST(Frames, RefuseWhatAServerMadeTheMessengerSay) {
  const std::string long_line(kMaxTroubleBytes + 1, 'x');
  for (const std::string& trouble : {long_line, std::string("\xff")}) {
    EXPECT_THROW(there_and_back<FromMessenger>(WebhooksSent{.troubles = {trouble}}), DecodeError);
  }
}

TEST(Frames, HaveTheirLengthInFront) {
  const std::string bytes = encode(ForkHorse{.horse = 0x01020304});

  EXPECT_EQ(bytes, std::string("\x8\0\0\0\x20\4\3\2\1\0\0\0\0", 13));
}

TEST(Frames, RefuseALengthAboveTheLimit) {
  EXPECT_EQ(read_header(std::string("\0\0\0\x20\1", 5)).payload_bytes, kMaxFrameBytes);
  EXPECT_THROW(read_header(std::string("\1\0\0\x20\1", 5)), DecodeError);
  EXPECT_THROW(read_header(std::string("\xff\xff\xff\xff\1", 5)), DecodeError);
}

TEST(Frames, RefuseToBeCutAnywhere) {
  const std::string payload = encode(request()).substr(kFrameHeaderBytes);

  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_THROW(decode<FromHorse>(18, payload.substr(0, size)), DecodeError) << size;
  }
  EXPECT_THROW(decode<FromHorse>(18, payload + "x"), DecodeError);
}

TEST(Frames, RefuseAWishForAnotherRunThatMakesNoSense) {
  const auto refused = [](Outcome outcome, auto change) {
    change(outcome);
    EXPECT_THAT(refusal_of<FromHorse>(outcome), HasSubstr("of another run makes no sense"));
  };

  refused(kAsks, [](Outcome& it) { it.max_reruns = 0; });
  refused(kAsks, [](Outcome& it) { it.waits = {-1}; });
  refused(kAsks, [](Outcome& it) { it.waits = {10'000'000'001}; });
  refused(kAsks, [](Outcome& it) { it.waits.assign(1'001, 1); });
  refused(kSnoozes, [](Outcome& it) { it.waits.clear(); });
  refused(kSnoozes, [](Outcome& it) { it.waits = {1, 2}; });
  refused(kSnoozes, [](Outcome& it) { it.at_front = true; });
  refused(Outcome{}, [](Outcome& it) { it.waits = {1}; });
  refused(Outcome{}, [](Outcome& it) { it.max_reruns = 1; });
}

TEST(Frames, RefuseAListLongerThanTheFrame) {
  std::string payload = encode(kSnoozes).substr(kFrameHeaderBytes);
  const std::string count("\1\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0", 16);
  payload.replace(payload.find(count), 4, "\xff\xff\xff\xff");

  EXPECT_THROW(decode<FromHorse>(16, payload), DecodeError);
}

TEST(Frames, RefuseATextLongerThanTheFrame) {
  EXPECT_THROW(decode<FromHorse>(19,
                                 "\xff\xff\xff\xff"
                                 "fib"),
               DecodeError);
}

TEST(Frames, BelongToTheirChannel) {
  // A horse must not report the deaths of others, nor give orders to the stable.
  EXPECT_THAT(refusal_of<FromHorse>(HorseExited{}), HasSubstr("does not belong here"));
  EXPECT_THAT(refusal_of<FromHorse>(Assignment{}), HasSubstr("does not belong here"));
  EXPECT_THAT(refusal_of<ToStable>(ModuleLoaded{"fib"}), HasSubstr("does not belong here"));
  EXPECT_THROW(decode<FromStable>(0, ""), DecodeError);
  EXPECT_THROW(decode<FromStable>(255, ""), DecodeError);
}

TEST(Frames, RefuseAnOutcomeThatIsBothOrNeither) {
  EXPECT_THAT(refusal_of<FromHorse>(Outcome{.return_value = "v", .exc_info = "e"}),
              HasSubstr("both a value and an error"));
  EXPECT_THAT(refusal_of<FromHorse>(Outcome{.kind = Outcome::Kind::error, .return_value = "v"}),
              HasSubstr("an error has no value"));
  EXPECT_THAT(refusal_of<FromHorse>(Outcome{.kind = Outcome::Kind{9}}),
              HasSubstr("its kind is none that there is"));
}

TEST(Frames, RefuseErrorsThatPythonCouldNotRead) {
  EXPECT_THAT(refusal_of<FromHorse>(Outcome{.kind = Outcome::Kind::error, .exc_info = "a\xff"}),
              HasSubstr("its exc_info is not UTF-8 at byte 1"));
  EXPECT_THAT(refusal_of<FromHorse>(Outcome{.kind = Outcome::Kind::error,
                                            .exc_info = std::string(kMaxErrorBytes + 1, 'x')}),
              HasSubstr("more than 65536 bytes"));
}

TEST(Frames, RefuseCostsBelowNothing) {
  EXPECT_THAT(refusal_of<FromHorse>(Outcome{.usage = {.wall = std::chrono::microseconds(-1)}}),
              HasSubstr("cost less than nothing"));
  EXPECT_THAT(refusal_of<FromStable>(HorseExited{.usage = {.peak_memory_bytes = -1}}),
              HasSubstr("cost less than nothing"));
}

TEST(Frames, RefuseLastWordsThatPythonCouldNotRead) {
  EXPECT_THAT(refusal_of<FromStable>(HorseExited{.last_words = "a\xff"}),
              HasSubstr("its last_words is not UTF-8 at byte 1"));
  EXPECT_THAT(
      refusal_of<FromStable>(HorseExited{.last_words = std::string(kMaxErrorBytes + 1, 'x')}),
      HasSubstr("more than 65536 bytes"));
}

TEST(Frames, RefuseRequestsThatRqWouldNot) {
  const auto with = [](auto change) {
    EnqueueRequest changed = request();
    change(changed.job);
    return refusal_of<FromHorse>(changed);
  };

  EXPECT_THAT(with([](auto& job) { job.id = "a:b"; }), HasSubstr("the job id 'a:b'"));
  EXPECT_THAT(with([](auto& job) { job.origin = "a,b"; }), HasSubstr("the queue name 'a,b'"));
  EXPECT_THAT(with([](auto& job) { job.origin = "\xff"; }), HasSubstr("not UTF-8"));
  EXPECT_THAT(with([](auto& job) { job.description = "\xff"; }), HasSubstr("not UTF-8"));
  EXPECT_THAT(with([](auto& job) { job.status = Status::finished; }),
              HasSubstr("not that of a new job"));
  EXPECT_THAT(with([](auto& job) { job.status = Status{99}; }), HasSubstr("not that of a new job"));
  EXPECT_THAT(with([](auto& job) { job.dependency_ids[1] = "\xff"; }), HasSubstr("not UTF-8"));
  EXPECT_THAT(with([](auto& job) { job.data.clear(); }), HasSubstr("it has no data"));
  EXPECT_THAT(with([](auto& job) { job.ttl_seconds = 0; }), HasSubstr("its ttl is below 1 s"));
}

TEST(Frames, RefuseSignalsProcessesAndModulesThatCannotBe) {
  EXPECT_THAT(refusal_of<ToStable>(SignalHorse{1, 0}), HasSubstr("there is no signal 0"));
  EXPECT_THAT(refusal_of<ToStable>(SignalHorse{1, 65}), HasSubstr("there is no signal 65"));
  EXPECT_THAT(refusal_of<ToStable>(ForkHorse{1, -1}), HasSubstr("there is no lane -1"));
  EXPECT_THAT(refusal_of<ToStable>(OpenLane{0, 1}), HasSubstr("there is no lane 0"));
  EXPECT_THAT(refusal_of<ToStable>(OpenLane{1, 0}), HasSubstr("no stream 0"));
  EXPECT_THAT(refusal_of<FromStable>(HorseBorn{1, 1}), HasSubstr("no horse's process id"));
  EXPECT_THAT(refusal_of<FromStable>(HorseBorn{1, -1}), HasSubstr("no horse's process id"));
  EXPECT_THAT(refusal_of<ToStable>(Preload{"../fib"}), HasSubstr("no dotted name"));
  EXPECT_THAT(refusal_of<ToStable>(Equip{.preload = {"../fib"}}), HasSubstr("no dotted name"));
  EXPECT_THAT(refusal_of<ToStable>(Equip{.limits = {.cpu = seconds(-1)}}), HasSubstr("below 0"));
  EXPECT_THAT(refusal_of<FromHorse>(ModuleLoaded{""}), HasSubstr("no dotted name"));
}

TEST(Frames, RefuseCallbacksThatNoProducerWrites) {
  const auto refusal = [](const protocol::JobCallback& callback) {
    EnqueueRequest bad = request();
    bad.job.callbacks = {callback};
    return refusal_of<FromHorse>(bad);
  };

  EXPECT_THAT(refusal({.when = Status::queued, .task = "a.b"}), HasSubstr("none of ours"));
  EXPECT_THAT(refusal({.when = static_cast<Status>(200), .task = "a.b"}),
              HasSubstr("none of ours"));
  EXPECT_THAT(refusal({.task = "a.b", .timeout_seconds = 0}), HasSubstr("below 1 s"));
  EXPECT_THAT(refusal({.task = "no task"}), HasSubstr("'no task' is no task's name"));
}

TEST(Frames, RefuseWebhooksThatNoProducerWrites) {
  EnqueueRequest bad = request();
  bad.job.webhooks = "[7]";

  EXPECT_THROW(there_and_back<FromHorse>(bad), DecodeError);
}

TEST(Frames, RefuseAnAssignmentOfACallbackBeforeTheEnd) {
  EXPECT_THAT(refusal_of<ToHorse>(Assignment{.ended_as = Status::queued}),
              HasSubstr("has not ended"));
}

}  // namespace
}  // namespace rqpp::worker
