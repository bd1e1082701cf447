#include <rqpp/module.h>

int missing_function();

RQPP_MODULE(needs_missing) { tasks.add("run", missing_function); }
