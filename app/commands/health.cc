#include "app/commands/health.h"

#include "app/commands/ask_copy.h"

namespace interconnect {

bool ask_health(const MonitoringSettings& settings, std::ostream& out) {
  const CopyAnswer answer = ask_copy(settings, "/healthz", "health");
  out << answer.body << (answer.status == 0 ? "\n" : "") << std::flush;
  return answer.status == 200;
}

}  // namespace interconnect
