// What a visit reads of a server: INFO, CLIENT LIST, the lines of MONITOR, the slow log; and
// records of visits, whose numbers may be any.

#include <rqpp/error.h>

#include "doctor/client_list.h"
#include "doctor/diagnose.h"
#include "doctor/facts_json.h"
#include "doctor/info_text.h"
#include "doctor/monitor.h"
#include "doctor/repair.h"
#include "doctor/slow_log.h"
#include "expect.h"
#include "redis/reader.h"

namespace {

using namespace rqpp::doctor;
using rqpp::fuzz::expect;

void read_texts(std::string_view text) {
  const InfoFields info = parse_info(text);
  expect(info.size() <= kMostInfoFields, "a bounded number of fields");
  Facts facts{.server = read_server(info),
              .after = read_sample(info, 1, 0),
              .latencies = read_latencies(info)};
  ClientsById clients;
  read_clients(text, 1, clients);
  facts.clients = Clients{.groups = group_clients(clients, 10)};
  UseCounter uses{UseCounter::Names{}};
  if (const auto line = parse_monitor_line(text)) {
    for (const std::string& word : line->words) {
      expect(word.size() <= kMostNameBytes, "short words");
    }
    uses.add(*line);
  }
  facts.monitored = Monitored{.seconds = 1, .uses = uses.uses()};
  (void)diagnose(facts);
}

void read_replies(std::string_view bytes) {
  try {
    rqpp::redis::ReplyReader reader;
    reader.feed(bytes);
    while (const auto reply = reader.next()) {
      const Facts facts{.slow_log = read_slow_log(*reply, 1'000, "me")};
      (void)slow_keys(*reply);
      (void)diagnose(facts);
    }
  } catch (const rqpp::DecodeError&) {
  }
}

void read_record(std::string_view text) {
  try {
    const Facts facts = facts_of_json(text);
    (void)diagnose(facts);
    (void)repairs_for(facts);
    expect(to_json_text(facts_of_json(to_json_text(facts))) == to_json_text(facts),
           "a record comes back as it was");
  } catch (const rqpp::DecodeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text = rqpp::fuzz::text_of(bytes, size);
  read_texts(text);
  read_replies(text);
  read_record(text);
  return 0;
}
