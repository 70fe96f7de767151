#pragma once

#include <functional>
#include <optional>

#include "domain/store_error.h"

namespace interconnect {

// Asks a store something that only a working server can answer.
class LinkProbe {
 public:
  using Answer = std::function<void(const std::optional<StoreError>&)>;

  virtual ~LinkProbe() = default;

  // `answer` is called once, never from within probe() itself: nothing if the server answered, whatever it
  // answered to the question itself, else why not. A refusal of the credentials is an error here.
  virtual void probe(Answer answer) = 0;
};

}  // namespace interconnect
