// Validates and enriches events of a file, as the copier would on their way: a service of its own that uses the
// copier's rules without any of its connections.
//
//   bazel run //enrich_events -- /path/to/events.jsonl >enriched.jsonl
//
// Each line is an event: {"stream": "...", "id": "UUID", "type": "...", "data": {...}, "metadata": {...}}. Refused
// lines are told on standard error. Ends with 0, with 1 if any line was refused, with 2 if the file cannot be read.

#include <fstream>
#include <iostream>
#include <memory>

#include "data_size_validator.h"
#include "enricher.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: enrich_events FILE\n";
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) {
    std::cerr << argv[1] << " cannot be read\n";
    return 2;
  }
  const interconnect::EventPolicy policy({
      {.pattern = "Order*", .validator = std::make_shared<enrich_events::DataSizeValidator>(64 * 1024)},
      {.pattern = "CustomerRegistered", .validator = nullptr},
  });
  const enrich_events::Counts counts = enrich_events::enrich_all(file, std::cout, std::cerr, policy);
  std::cerr << counts.enriched << " enriched, " << counts.refused << " refused\n";
  return counts.refused == 0 ? 0 : 1;
}
