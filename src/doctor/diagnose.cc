#include "doctor/diagnose.h"

#include <algorithm>

#include "doctor/load.h"
#include "doctor/rules.h"

namespace rqpp::doctor {
namespace {

bool comes_before(const Finding& a, const Finding& b) {
  constexpr double kNothing = 0.01;  // of the CPU: then how bad it is counts
  const double share_a = a.share.value_or(0) >= kNothing ? *a.share : 0;
  const double share_b = b.share.value_or(0) >= kNothing ? *b.share : 0;
  if (share_a != share_b) return share_a > share_b;
  return a.severity > b.severity;
}

}  // namespace

std::vector<Finding> diagnose(const Facts& facts) {
  const Load load = load_between(facts.before, facts.after, facts.own_calls);
  Findings findings;
  find_slow(facts, load, findings);
  find_chatter(facts, load, findings);
  find_about_clients(facts, load, findings);
  find_about_keys(facts, load, findings);
  find_about_server(facts, findings);
  find_about_jobs(facts, load, findings);
  std::stable_sort(findings.begin(), findings.end(), comes_before);
  return findings;
}

}  // namespace rqpp::doctor
