#include <rqpp/current_job.h>
#include <rqpp/module.h>

namespace {

std::string seen;

void trace(std::string_view task, const std::function<void()>& next) {
  seen = std::string(task) + " for " + rqpp::current_job().meta().at("trace_id").as_string();
  next();
}

}  // namespace

RQPP_MODULE(traced) {
  tasks.use(trace);
  tasks.add("trace", [] { return seen; });
}
