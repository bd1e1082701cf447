#include <rqpp/module.h>

namespace {

constexpr rqpp::Task<double(double)> area{"shapes.circle.Circle.area"};

double area_of(double radius) { return 3.0 * radius * radius; }

}  // namespace

// The file shapes/libcircle.so is the module shapes.circle.
RQPP_MODULE(circle) { tasks.add(area, area_of, {"radius"}); }
