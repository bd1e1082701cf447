#include "doctor/load.h"
#include "findings_text.h"

namespace rqpp::cli {
namespace {

using doctor::Facts;
using doctor::Finding;

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const Finding& finding) {
  return {{"id", finding.id},
          {"severity", severity_word(finding.severity)},
          {"subject", finding.subject},
          {"title", finding.title},
          {"share", or_null(finding.share)},
          {"per_second", or_null(finding.per_second)},
          {"offenders", finding.offenders},
          {"why", finding.why},
          {"cure", finding.cure},
          {"repair", finding.repair.empty() ? Json(nullptr) : Json(finding.repair)}};
}

Json load_json(const Facts& facts) {
  const doctor::Load load = load_between(facts.before, facts.after, facts.own_calls);
  Json commands = Json::array();
  for (const doctor::CommandLoad& command : load.commands) {
    commands.push_back({{"name", command.name},
                        {"per_second", command.per_second},
                        {"usec_per_call", command.usec_per_call},
                        {"share", load.share(command.core)}});
  }
  return {{"seconds", load.seconds},
          {"cpu", load.cpu},
          {"commands_per_second", load.commands_per_second},
          {"commands_per_read", or_null(load.commands_per_read)},
          {"connections_per_second", load.connections_per_second},
          {"errors_per_second", load.errors_per_second},
          {"clients", or_null(facts.after.clients)},
          {"memory_bytes", or_null(facts.after.memory)},
          {"keys", or_null(facts.after.keys)},
          {"commands", std::move(commands)}};
}

}  // namespace

Json findings_json(const Facts& facts, const std::vector<Finding>& findings,
                   const std::string& url) {
  Json list = Json::array();
  for (const Finding& finding : findings) list.push_back(json_of(finding));
  Json unseen = Json::array();
  for (const doctor::Unseen& each : facts.unseen) {
    unseen.push_back({{"what", each.what}, {"why", each.why}});
  }
  return {{"server",
           {{"software", facts.server.software},
            {"version", facts.server.version},
            {"mode", facts.server.mode},
            {"role", facts.server.role},
            {"url", url}}},
          {"load", load_json(facts)},
          {"findings", std::move(list)},
          {"unseen", std::move(unseen)},
          {"cost",
           {{"commands", facts.cost.commands},
            {"usec", facts.cost.usec},
            {"bytes_in", facts.cost.bytes_out},
            {"bytes_out", facts.cost.bytes_in},
            {"seconds", facts.cost.seconds}}}};
}

}  // namespace rqpp::cli
