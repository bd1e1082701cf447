#pragma once

#include <rqpp/error.h>

namespace rqpp::tasks {

/// The call can never be carried out here: there is no such task, or it does not take these
/// arguments. To people it is a TaskError.
class UnfitCall : public TaskError {
 public:
  using TaskError::TaskError;
};

}  // namespace rqpp::tasks
