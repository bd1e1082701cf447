#include <rqpp/module.h>

// The other clash module has a function and a variable of the same names.
std::string which_module();
extern int calls;

int calls = 0;
std::string which_module() { return "first " + std::to_string(++calls); }

RQPP_MODULE(first_clash) { tasks.add("which", which_module); }
