#include "app/configuration/monitoring_reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace interconnect {

void read_monitoring(Section& file, std::chrono::milliseconds writer_timeout, MonitoringSettings& settings,
                     FileProblems& problems) {
  if (const YamlNode* const node = file.find("http")) {
    Section http(*node, "http", problems, "http.");
    Endpoint endpoint{.host = "127.0.0.1", .port = 0};
    http.read("address", endpoint.host);
    http.require("port");
    http.read_number("port", endpoint.port, 0, std::numeric_limits<std::uint16_t>::max());
    http.finish();
    settings.http = endpoint;
  } else {
    file.note("http", "off");
  }
  const YamlNode nothing;
  const YamlNode* const node = file.find("monitoring");
  Section monitoring(node == nullptr ? nothing : *node, "monitoring", problems, "monitoring.");
  monitoring.read("lagInterval", settings.lag_interval);
  // What is held may take as long as the writer timeout in the best of health.
  settings.stall_after = std::max<std::chrono::milliseconds>(settings.stall_after, writer_timeout);
  monitoring.read("stallAfter", settings.stall_after, writer_timeout.count());
  monitoring.read("summaryInterval", settings.summary_interval, 0);
  monitoring.finish();
}

}  // namespace interconnect
