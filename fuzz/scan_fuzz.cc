// Pages of the SCAN family, as replies of any shape; and cursors that users have kept.

#include <rqpp/error.h>

#include "expect.h"
#include "mirror/pages.h"
#include "redis/reader.h"
#include "redis/scan.h"

namespace {

using Kind = rqpp::redis::ScanTarget::Kind;

void read_page(Kind kind, const rqpp::redis::Reply& reply) {
  using rqpp::fuzz::expect;
  try {
    const auto page = rqpp::redis::read_scan_page(kind, reply);
    expect(rqpp::redis::is_cursor(page.cursor), "a page has a cursor");
    const bool pairs = kind == Kind::hash || kind == Kind::sorted_set;
    expect(!pairs || page.elements.size() % 2 == 0, "pairs come in pairs");
  } catch (const rqpp::DecodeError&) {
  }
}

void read_place(std::string_view text) {
  try {
    const auto place = rqpp::mirror::parse_place(text);
    if (place.cursor == rqpp::redis::kFirstCursor) return;  // it is written as nothing
    rqpp::fuzz::expect(rqpp::mirror::to_text(place) == text, "a place is written as it was read");
  } catch (const rqpp::InvalidArgument&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  read_place(fuzz::text_of(bytes, size));
  try {
    redis::ReplyReader reader(redis::ReplyReader::kMaxBytes, 1'000);
    reader.feed(fuzz::text_of(bytes, size));
    while (const auto reply = reader.next()) {
      for (const Kind kind : {Kind::keys, Kind::set, Kind::sorted_set, Kind::hash}) {
        read_page(kind, *reply);
      }
    }
  } catch (const DecodeError&) {
  }
  return 0;
}
