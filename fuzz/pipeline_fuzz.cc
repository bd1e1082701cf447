// A server, or whoever answers in its place, may send any replies in any number: every batch gets
// as many as it has commands, in order, or the stream is refused.

#include "redis/pipeline.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <rqpp/error.h>

#include "expect.h"
#include "redis/reader.h"

namespace {

using rqpp::redis::Batch;
using rqpp::redis::Pipeline;

const rqpp::redis::Script kScript{"script", "return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};

/// One byte says what a batch holds: how many commands, whether a script, whether a transaction.
Batch make_batch(unsigned char recipe) {
  Batch batch;
  for (int i = 0; i < recipe % 4; ++i) batch.add("PING");
  if ((recipe & 0x10) != 0) batch.atomic();
  if ((recipe & 0x20) != 0) batch.call(kScript, {"key"}, {"argument"});
  if ((recipe & 0x40) != 0) batch.append(Batch(Batch().add("GET", 1).add("GET", 2).atomic()));
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  constexpr std::size_t kBatches = 4;
  if (size < kBatches) return 0;
  Pipeline pipeline;
  std::string sent;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < kBatches; ++i) {
    Batch batch = make_batch(bytes[i]);
    sizes.push_back(batch.size());
    pipeline.add(std::move(batch), std::chrono::seconds{1}, sent);
  }

  rqpp::redis::ReplyReader reader;
  std::size_t taken = 0;
  try {
    reader.feed(rqpp::fuzz::text_of(bytes + kBatches, size - kBatches));
    while (auto reply = reader.next()) pipeline.take(std::move(*reply), sent);
  } catch (const rqpp::DecodeError&) {
    pipeline.disconnect();
  }
  while (const auto replies = pipeline.next()) {
    rqpp::fuzz::expect(taken < sizes.size() && replies->size() == sizes[taken],
                       "a batch gets one reply per command");
    ++taken;
  }
  rqpp::fuzz::expect(pipeline.in_flight() <= kBatches - taken, "no batch is counted twice");
  return 0;
}
