#pragma once

#include <string_view>

namespace rqpp::protocol {

/// Throws InvalidArgument unless `id` may be that of a job in Redis, whoever chose it: RQ
/// before 2.8 takes any text, for new jobs too (check_job_id() is for those).
void check_known_id(std::string_view id);

/// The same for the id of a job that others wait for, which Python keeps in JSON: it is UTF-8.
void check_parent_id(std::string_view id);

}  // namespace rqpp::protocol
