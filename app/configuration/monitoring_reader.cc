#include "app/configuration/monitoring_reader.h"

#include <algorithm>

#include "app/configuration/http_reader.h"

namespace interconnect {

void read_monitoring(Section& file, std::chrono::milliseconds writer_timeout, MonitoringSettings& settings,
                     FileProblems& problems) {
  read_http(file, settings, problems);
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
