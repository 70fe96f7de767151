#include "app/commands/status.h"

#include <chrono>
#include <stdexcept>
#include <string>

#include "app/commands/ask_copy.h"
#include "app/commands/progress_line.h"
#include "app/commands/signals.h"
#include "app/commands/status_text.h"
#include "app/monitoring/progress_text.h"
#include "domain/status/status_json.h"

namespace interconnect {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::chrono::milliseconds kBetweenLooks{500};
// For so long a projection may need for what has been written.
constexpr std::chrono::seconds kProjectionTime{3};

std::string utc(system_clock::time_point time) {
  return utc_text(std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

// How far the wait is, by what the looks have seen.
class WaitProgress {
 public:
  explicit WaitProgress(ProgressLine& line) : line_(line) {}

  void show(const AwaitedEnds& awaited, const CopyAnswer& answer) {
    const Time now = steady_clock::now().time_since_epoch();
    const auto behind = awaited.behind();
    if (answer.status != 200) return line_.show("waiting: " + first_line(answer.body), now);
    if (!behind) return line_.show("waiting: how far the copy is behind is not known yet", now);
    if (!first_behind_) {
      first_behind_ = *behind;
      began_at_ = now;
    }
    const std::uint64_t gained = *first_behind_ - std::min(*first_behind_, *behind);
    line_.show("waiting: " + with_separators(*behind) + " events of what the source had are not copied yet" +
                   left_text(gained, *first_behind_, now - began_at_),
               now);
  }

 private:
  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  ProgressLine& line_;
  std::optional<std::uint64_t> first_behind_;
  Time began_at_{0};
};

}  // namespace

bool ask_status(const MonitoringSettings& settings, const StatusOptions& options, std::ostream& out) {
  const auto began = steady_clock::now();
  AwaitedEnds awaited(utc(system_clock::now()), utc(system_clock::now() + kProjectionTime));
  ProgressLine line("status");
  WaitProgress progress(line);
  Signals signals;
  bool is_ended = false;
  while (true) {
    const CopyAnswer answer = ask_copy(settings, "/status", "status", signals, line);
    is_ended = is_ended || signals.wait(std::chrono::milliseconds(0));
    const auto told = answer.status == 200 ? read_status(answer.body) : std::nullopt;
    const bool is_reached = told && awaited.are_reached(*told);
    const bool is_over = options.timeout && steady_clock::now() - began >= *options.timeout;
    if (!options.waits || is_reached || is_over || is_ended) {
      line.clear();
      out << (told && !options.as_json ? told->text : answer.body);
      if (answer.status == 0 || options.as_json) out << "\n";
      if (options.waits && !options.as_json) {
        out << (is_reached ? "what the source had is copied and confirmed\n"
                : is_ended ? "ended by a signal: what the source had is not copied, or that is not known; interconnect "
                             "status --wait goes on waiting\n"
                           : "the time is over, and what the source had is not copied, or that is not known\n");
      }
      out.flush();
      return options.waits ? is_reached : told.has_value();
    }
    progress.show(awaited, answer);
    is_ended = signals.wait(kBetweenLooks);
  }
}

}  // namespace interconnect
