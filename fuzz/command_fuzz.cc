// What anybody may publish to a worker.

#include "command_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  rqpp::fuzz::fuzz_command(rqpp::fuzz::text_of(bytes, size));
  return 0;
}
