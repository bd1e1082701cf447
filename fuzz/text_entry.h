#pragma once

#include <string_view>

#include <rqpp/error.h>

#include "codec/base64.h"
#include "codec/scalars.h"
#include "codec/timestamp.h"
#include "expect.h"
#include "protocol/rate_limit.h"
#include "protocol/usage_text.h"
#include "protocol/webhooks.h"

namespace rqpp::fuzz {

template <class Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const DecodeError&) {
  }
}

/// Within this range a double holds every microsecond.
inline bool is_exact(Time time) {
  constexpr std::chrono::seconds kLimit(4'000'000'000);
  return time < Time(kLimit) && time > Time(-kLimit);
}

/// The small texts in Redis' hashes: times, numbers, limits, base64.
inline void fuzz_text(std::string_view text) {
  attempt([&] {
    const auto time = codec::parse_iso(text);
    if (time) expect(codec::parse_iso(codec::format_iso(*time)) == time, "ISO time");
  });
  attempt([&] {
    const Time time = codec::parse_epoch(text);
    const Time again = codec::parse_epoch(codec::format_epoch(time));
    expect(!is_exact(time) || again == time, "epoch time");
  });
  attempt([&] { (void)codec::parse_int("field", text); });
  attempt([&] { (void)codec::parse_seconds("field", text); });
  attempt([&] { (void)codec::parse_double("field", text); });
  attempt([&] { (void)codec::parse_bool("field", text); });
  if (const auto usage = protocol::parse_usage(text)) {
    expect(protocol::parse_usage(protocol::to_text(*usage)) == usage, "usage");
  }
  attempt([&] {
    const RateLimit limit = protocol::read_rate_limit(text);
    expect(protocol::read_rate_limit(protocol::rate_limit_text(limit)) == limit, "rate limit");
  });
  attempt([&] {
    const auto webhooks = protocol::read_webhooks(text);
    expect(protocol::read_webhooks(protocol::new_webhooks(webhooks)) == webhooks, "webhooks");
  });
  attempt([&] {
    expect(codec::encode_base64(codec::decode_base64(text)) == text, "base64 has one form");
  });
}

}  // namespace rqpp::fuzz
