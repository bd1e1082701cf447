#pragma once

#include <cstdint>
#include <string>

// Numbers as people read them.
namespace rqpp::doctor {

std::string count_text(std::int64_t count);  ///< `1,204`
/// `1 job`, `1,204 jobs`.
std::string counted(std::int64_t count, const char* what);
std::string rate_text(double per_second);    ///< `1,204`, `3.5`
std::string share_text(double share);        ///< `61 %`, `0.4 %`
std::string usec_text(double usec);          ///< `512 µs`, `1.5 ms`, `2.3 s`
std::string bytes_text(double bytes);        ///< `512 B`, `1.5 kB`, `2.3 GB`
std::string age_text(std::int64_t seconds);  ///< `40 s`, `5 min`, `3 h`, `12 days`

}  // namespace rqpp::doctor
