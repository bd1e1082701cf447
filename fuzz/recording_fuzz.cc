// A file of --record that anybody may have written: each line is read or refused, and what was read
// is drawn, whatever its numbers and names are.

#include "doctor/recording.h"

#include "doctor/diagnose.h"
#include "doctor/graph.h"
#include "doctor/html_report.h"
#include "expect.h"

namespace {

using namespace rqpp::doctor;
using rqpp::fuzz::expect;

std::string written(const RecordedLine& line) {
  return std::visit([](const auto& each) { return line_of(each); }, line);
}

/// As read_recording() takes lines.
Recording read_all(std::string_view text) {
  Recording recording;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto line = read_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line) continue;
    const std::string again = written(*line);
    const auto reread = read_line(again);
    expect(again.empty() || (reread && written(*reread) == again), "a line comes back as it was");
    if (auto* opening = std::get_if<Opening>(&*line)) recording = {.opening = *opening};
    if (auto* moment = std::get_if<Moment>(&*line)) recording.timeline.add(*moment);
    if (auto* facts = std::get_if<Facts>(&*line)) recording.facts = *facts;
  }
  return recording;
}

void draw_all(const Recording& recording) {
  const auto& readings = recording.timeline.readings();
  for (const Measure measure : {Measure::cpu, Measure::bytes_in, Measure::memory}) {
    const Columns columns = last_columns(readings, measure, 40);
    const double top = top_of_scale(measure, highest(columns));
    expect(top > 0, "a scale has a height");
    expect(draw(columns, {.width = 20, .height = 3, .top = top}).size() == 3, "as high as asked");
  }
  const Facts facts = recording.known();
  const auto findings = diagnose(facts);
  const std::string page = html_report({.facts = facts,
                                        .findings = findings,
                                        .readings = readings,
                                        .started = static_cast<double>(recording.opening.started),
                                        .url = recording.opening.url});
  expect(page.find("<script") == std::string::npos, "no scripts");
  expect(page.find('\x1b') == std::string::npos, "no escapes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  draw_all(read_all(rqpp::fuzz::text_of(bytes, size)));
  return 0;
}
