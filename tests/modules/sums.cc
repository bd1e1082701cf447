#include <map>

#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

long add(int a, int b) { return long{a} + b; }

double total(const std::map<std::string, std::vector<double>>& columns) {
  double sum = 0;
  for (const auto& [name, column] : columns) {
    for (const double number : column) sum += number;
  }
  return sum;
}

std::string job_id() { return rqpp::current_job().id(); }

void fail(std::string_view why) { throw rqpp::TaskError(std::string(why)); }

}  // namespace

RQPP_MODULE(sums) {
  tasks.add("add", add, {"a", {"b", 1}});
  tasks.add("total", total, {"columns"});
  tasks.add("job_id", job_id);
  tasks.add("fail", fail, {"why"});
}
