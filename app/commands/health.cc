#include "app/commands/health.h"

#include "app/commands/ask_copy.h"

namespace interconnect {

bool ask_health(const MonitoringSettings& settings, std::ostream& out) {
  const Signals signals;
  ProgressLine progress("health");
  const CopyAnswer answer = ask_copy(settings, "/healthz", "health", signals, progress);
  out << answer.body << (answer.status == 0 ? "\n" : "") << std::flush;
  return answer.status == 200;
}

}  // namespace interconnect
