// Compiled with libstdc++'s checked containers, which are other types.

#include <vector>

#include <rqpp/module.h>

RQPP_MODULE(checked_containers) {
  tasks.add("run", [](const std::vector<int>& numbers) { return numbers.size(); }, {"numbers"});
}
