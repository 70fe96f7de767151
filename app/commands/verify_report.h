#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "domain/verify/difference.h"
#include "domain/verify/verifier.h"

namespace interconnect {

// How a comparison ended.
struct VerifyEnd {
  enum class Result { kEqual, kDifferent, kUnfinished, kDenied };
  Result result = Result::kEqual;
  std::string problem = {};             // why it is unfinished or denied; for people
  bool was_read_again = false;          // a copy ran: what differs was read a second time
  std::vector<std::string> notes = {};  // what to know of the comparison, a line each
};
// "equal", "different", "unfinished", "denied".
std::string_view to_string(VerifyEnd::Result result);

// "missing 2 (first 17), data 1 (first 3)": what differs of one stream, for people.
std::string what_differs(const StreamDifference& difference);

// The streams that differ most, and how many there are.
class WorstStreams {
 public:
  static constexpr std::size_t kShown = 20;

  void add(StreamDifference difference);
  // A table, the worst first; nothing if there are none.
  std::string text() const;

 private:
  std::vector<StreamDifference> worst_;  // at most kShown, the worst first
  std::size_t others_ = 0;
};

// What a person may do now, a command or a sentence each.
std::vector<std::string> next_steps(const Verifier::Summary& summary, const VerifyEnd& end,
                                    const std::string& config_file);

std::string report_text(const Verifier::Summary& summary, const VerifyEnd& end, const WorstStreams& worst,
                        const std::vector<std::string>& next_steps);

// The parts of the one JSON object: what begins it, each stream (which may be many) and what ends it.
std::string json_begin();
std::string json_stream(const StreamDifference& difference, bool is_first);
std::string json_end(const Verifier::Summary& summary, const VerifyEnd& end,
                     const std::vector<std::string>& next_steps);

}  // namespace interconnect
