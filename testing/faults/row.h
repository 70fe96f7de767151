#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "testing/faults/scene.h"

namespace interconnect::testing {

// A fault, and how often it is tried.
struct Row {
  std::string name;   // for --only, and of the test
  std::string fault;  // for the table
  Setup setup;
  // Starts with the copier running. Leaves both stores up, and a copier.
  std::function<void(Scene&)> act;

  enum class Where { kEverywhere, kToLegacy, kToNext } where = Where::kEverywhere;
  bool may_end = true;      // false: a copier that ends by itself is a failure
  bool keeps_order = true;  // false: what it does to the order is only measured

  bool takes_place(Generation to) const;
};

// Of copiers and stores that end, freeze and come back.
std::vector<Row> process_rows();
// Of consumer groups, streams and leaders.
std::vector<Row> server_rows();
// Of the network.
std::vector<Row> network_rows();
// Of what servers refuse.
std::vector<Row> refusal_rows();
// Of the copier's own HTTP port.
std::vector<Row> http_rows();

std::vector<Row> all_rows();

// How much: the quick form is that of the tests.
enum class Form { kQuick, kFull };

struct RunReport {
  Outcome outcome;
  std::string problem;  // empty: nothing lost, doubled, altered or (where it is promised) out of order
  std::string output;   // of the copiers
};

// Makes the run, in a folder that it makes inside `folder`.
RunReport run(const Row& row, Generation from, Generation to, Form form, std::uint64_t seed, const std::string& folder);

std::string name_of(Generation from, Generation to);

}  // namespace interconnect::testing
