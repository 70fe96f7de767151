#pragma once

#include <optional>

#include "domain/copier/look_up_question.h"
#include "domain/store.h"
#include "domain/stream_read.h"

namespace interconnect {

// Looks up one event of a metadata stream. Only the newest event of such a stream has an effect, and reads show no
// other: the newest is read at the destination, then, unless it is the one in doubt or a later one, at the source.
class MetadataLookUp {
 public:
  // Whose newest event to read next; nothing when it is over.
  std::optional<Store> next() const { return next_; }
  void on_newest(const StreamPage& page, const LookUpQuestion& question, LookUpFindings& found);
  // The source is asked last, and nothing depends on it.
  void on_source_unreadable() { next_.reset(); }

 private:
  void on_newest_of_destination(const StreamPage& page, const LookUpQuestion& question, LookUpFindings& found);

  std::optional<Store> next_ = Store::kDestination;
};

}  // namespace interconnect
