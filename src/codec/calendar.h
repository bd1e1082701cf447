#pragma once

#include <cstdint>

#include <rqpp/time.h>
#include <rqpp/value.h>

namespace rqpp::codec {

// What Python's constructors check. Each throws InvalidArgument that names the part and its value.
void check(const Date& date);
void check(const TimeOfDay& time);
void check(const TimeDelta& duration);
void check(const TimeZone& zone);

/// The parts of a moment in UTC. Throws InvalidArgument outside the years 1 to 9999.
DateTime utc_parts(Time time);

/// The moment that valid parts mean; without a zone they are taken as UTC.
Time to_moment(const DateTime& parts);

}  // namespace rqpp::codec
