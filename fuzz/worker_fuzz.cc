// What Redis and horses say, behind the readers of bytes: up to the worker's decisions and its
// writes.

#include "worker_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  rqpp::fuzz::fuzz_worker(rqpp::fuzz::text_of(bytes, size));
  return 0;
}
