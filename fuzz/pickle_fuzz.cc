#include "pickle_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  rqpp::fuzz::fuzz_pickle(rqpp::fuzz::text_of(bytes, size));
  return 0;
}
