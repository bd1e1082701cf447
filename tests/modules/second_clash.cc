#include <rqpp/module.h>

// The other clash module has a function and a variable of the same names.
std::string which_module();
extern int calls;

int calls = 0;
std::string which_module() { return "second " + std::to_string(++calls); }

RQPP_MODULE(second_clash) { tasks.add("which", which_module); }
