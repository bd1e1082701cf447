// The hashes and stream entries of jobs, results and workers, as replies of any shape.

#include <rqpp/error.h>

#include "expect.h"
#include "protocol/job_record.h"
#include "protocol/result_record.h"
#include "protocol/worker_record.h"
#include "redis/reader.h"

namespace {

template <class Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const rqpp::DecodeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  attempt([&] {
    redis::ReplyReader reader;
    reader.feed(fuzz::text_of(bytes, size));
    while (const auto reply = reader.next()) {
      attempt([&] { (void)protocol::read_job("id", reply->elements); });
      attempt([&] { (void)protocol::read_result(*reply); });
      attempt([&] { (void)protocol::read_worker("name", reply->elements); });
    }
  });
  return 0;
}
