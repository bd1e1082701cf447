// URLs come from people and from environments; a password in one must not come out in a message.

#include <rqpp/error.h>

#include "expect.h"
#include "redis/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  try {
    const redis::Settings settings = redis::parse_url(fuzz::text_of(bytes, size));
    const redis::Settings again = redis::parse_url(redis::to_url(settings));
    // Timeouts below a millisecond are rounded; the rest comes back.
    fuzz::expect(again.host == settings.host && again.port == settings.port &&
                     again.unix_path == settings.unix_path && again.db == settings.db &&
                     again.username == settings.username && again.password == settings.password &&
                     again.client_name == settings.client_name && again.tls == settings.tls,
                 "a URL that was written is read as the same settings");
    (void)redis::to_display(settings);
  } catch (const InvalidArgument&) {
  }
  return 0;
}
