#include "app/commands/status.h"

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "app/commands/ask_copy.h"
#include "app/commands/status_text.h"
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

}  // namespace

bool ask_status(const MonitoringSettings& settings, const StatusOptions& options, std::ostream& out) {
  const auto began = steady_clock::now();
  AwaitedEnds awaited(utc(system_clock::now()), utc(system_clock::now() + kProjectionTime));
  while (true) {
    const CopyAnswer answer = ask_copy(settings, "/status", "status");
    const auto told = answer.status == 200 ? read_status(answer.body) : std::nullopt;
    const bool is_reached = told && awaited.are_reached(*told);
    const bool is_over = options.timeout && steady_clock::now() - began >= *options.timeout;
    if (!options.waits || is_reached || is_over) {
      out << (told && !options.as_json ? told->text : answer.body);
      if (answer.status == 0 || options.as_json) out << "\n";
      if (options.waits && !options.as_json) {
        out << (is_reached ? "what the source had is copied and confirmed\n"
                           : "the time is over, and what the source had is not copied, or that is not known\n");
      }
      out.flush();
      return options.waits ? is_reached : told.has_value();
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

}  // namespace interconnect
