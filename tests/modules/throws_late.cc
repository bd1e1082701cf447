#include <rqpp/module.h>

RQPP_MODULE(throws_late) {
  tasks.add("run", [] {});
  tasks.add("run", [] {});
}
