// Compiled with the std::string of before C++11: what it needs of rqpp has other names.

#include <rqpp/module.h>

RQPP_MODULE(old_string) {
  tasks.add("run", [](const std::string& text) { return text; }, {"text"});
}
