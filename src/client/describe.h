#pragma once

#include "protocol/job_record.h"
#include "protocol/result_record.h"

#include <rqpp/job_info.h>

namespace rqpp::client {

/// What users see of the protocol's records.
JobInfo describe(protocol::JobRecord job);
Result describe(protocol::ResultRecord run);

}  // namespace rqpp::client
