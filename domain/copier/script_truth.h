#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/copier/script_run.h"

namespace interconnect {

using SharedEvent = std::shared_ptr<const Event>;

// A stream as far as it is known; revisions up to the last that are not, are hidden.
struct KnownStream {
  std::map<Revision, SharedEvent> events;
  Revision last = kNoStream;

  ScriptInput::Page read(const StreamRead& read) const;
};

using KnownStore = std::map<std::string, KnownStream, std::less<>>;

// The store has the event. Unless it moves the end, the stream need not reach as far.
void learn(KnownStore& store, std::string_view stream, const SharedEvent& event, bool moves_end);

// What the script tells of the stores, whenever it does: the source whole, of the destination what others wrote.
struct Truth {
  KnownStore source;
  KnownStore others;
};
Truth learn_truth(const ScriptSetup& setup, const std::vector<ScriptInput>& inputs);

}  // namespace interconnect
