#include "base/log_limiter.h"

namespace rqpp::base {

LogLimiter::Verdict LogLimiter::admit(const LogSite& site, std::string_view line, Moment now) {
  Window& window = windows_[site];
  const bool over = now - window.begin >= kWindow;
  if (window.written == 0 || (over && window.left_out.lines == 0)) window = {.begin = now};
  if (window.written < kMostLines) {
    return ++window.written == kMostLines ? Verdict::write_last : Verdict::write;
  }
  if (window.left_out.lines++ == 0) {
    ++sites_that_leave_out_;
    window.left_out.sample = line.substr(0, kMostSampleBytes);
  }
  return Verdict::leave_out;
}

std::vector<LogLimiter::LeftOut> LogLimiter::take_left_out(Moment now) {
  std::vector<LeftOut> taken;
  if (sites_that_leave_out_ == 0) return taken;
  for (auto& [site, window] : windows_) {
    if (window.left_out.lines == 0 || now - window.begin < kWindow) continue;
    taken.push_back(std::move(window.left_out));
    window = {};
    --sites_that_leave_out_;
  }
  return taken;
}

}  // namespace rqpp::base
