#pragma once

#include "doctor/load.h"
#include "doctor/sample.h"

namespace rqpp::doctor {

/// How often per second, at least, somebody took from a list, a set or a stream that was empty.
/// Redis counts no empty answers, but it counts changes: takes that changed nothing found nothing.
/// Takes by scripts cannot be told from others: up to two for each call of a script are not
/// counted. 0 where it cannot be told.
double empty_pops_per_second(const Sample& before, const Sample& after, const Load& load);

}  // namespace rqpp::doctor
