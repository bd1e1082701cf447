#pragma once

#include <rqpp/error.h>

namespace rqpp::tasks {

/// The module was built for another interface of rqpp, or for another standard library. Nothing is
/// wrong with the job: a worker that the module fits can run it.
class ForeignModule : public TaskError {
 public:
  using TaskError::TaskError;
};

}  // namespace rqpp::tasks
