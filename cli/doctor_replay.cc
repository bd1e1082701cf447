#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/printable.h"
#include "display.h"
#include "doctor/chart_svg.h"
#include "doctor/quantities.h"
#include "doctor_watch.h"
#include "watch_picture.h"

namespace rqpp::cli {
namespace {

using doctor::Reading;
using doctor::Recording;

/// What a file had besides the recording that is shown.
void tell_rest(const doctor::ReadRecording& read, const std::string& file, Context& context) {
  if (read.recordings > 1) {
    context.complain(base::printable(
        fmt::format("'{}' holds {} recordings; this is the last", file, read.recordings)));
  }
  if (read.damaged > 0) {
    context.complain(base::printable(fmt::format("'{}': {} damaged line{} left out", file,
                                                 read.damaged, read.damaged == 1 ? "" : "s")));
  }
}

/// Shows reading after reading at the pace of the recording. False if the user wants to end.
bool play(const Recording& recording, const WatchArguments& given, Display& display) {
  // A server that was away leaves a long reading: nobody wants to wait for that.
  constexpr double kLongestPause = 5;
  const std::span<const Reading> readings = recording.timeline.readings();
  for (std::size_t shown = 1; shown <= readings.size(); ++shown) {
    const Reading& last = readings[shown - 1];
    const double pause =
        display.on_screen() ? std::min((last.to - last.from) / given.speed, kLongestPause) : 0;
    const auto time =
        std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(pause));
    if (!display.wait(time)) return false;
    const double now = static_cast<double>(recording.opening.started) + last.to;
    const auto draw = [seen = readings.first(shown)](const PictureLook& look) {
      return watch_picture(seen, look);
    };
    display.show(draw, watch_line(last, doctor::clock_text(now)),
                 fmt::format("replay of {}: {} UTC, {} of {}, {}x; q ends", given.replay,
                             doctor::clock_text(now),
                             doctor::usec_text((last.to - readings.front().from) * 1e6),
                             doctor::usec_text((readings.back().to - readings.front().from) * 1e6),
                             given.speed));
  }
  return true;
}

void show_recording(const Recording& recording, const WatchArguments& given, Context& context) {
  const doctor::Server& server = recording.opening.server;
  Display display(
      context, fmt::format("{} {} at {}", server.software, server.version, recording.opening.url));
  if (!play(recording, given, display) || !display.on_screen()) return;
  display.say(fmt::format("replay of {}: the end; q ends", given.replay));
  while (display.wait(std::chrono::hours{1})) {
  }
}

}  // namespace

Watched replay(const WatchArguments& given, bool quietly, Context& context) {
  const doctor::ReadRecording read = doctor::read_recording(given.replay);
  const Recording& recording = read.recording;
  tell_rest(read, given.replay, context);
  if (!quietly) show_recording(recording, given, context);
  return {.facts = recording.known(),
          .readings = recording.timeline.readings(),
          .started = recording.opening.started,
          .url = recording.opening.url};
}

}  // namespace rqpp::cli
