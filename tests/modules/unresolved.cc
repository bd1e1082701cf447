#include <rqpp/module.h>

void defined_nowhere();

RQPP_MODULE(unresolved) { tasks.add("run", defined_nowhere); }
