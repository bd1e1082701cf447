#include <rqpp/module.h>

// Built twice, with two numbers.
RQPP_MODULE(edition) {
  tasks.add("number", [] { return RQPP_TEST_EDITION; });
}
