#include "domain/copier/metadata_look_up.h"

#include "domain/event_metadata.h"
#include "domain/stream_metadata.h"

namespace interconnect {

void MetadataLookUp::on_newest(const StreamPage& page, const LookUpQuestion& question, LookUpFindings& found) {
  if (next_ == Store::kDestination) return on_newest_of_destination(page, question, found);
  next_.reset();
  if (!page.events.empty() && page.events.front().revision > question.first_revision) {
    found.gone_below = page.events.front().revision;
  }
}

// A copied event carries its revision in the source. Another one is the server's own, or a stranger's.
void MetadataLookUp::on_newest_of_destination(const StreamPage& page, const LookUpQuestion& question,
                                              LookUpFindings& found) {
  found.of_destination = true;
  found.scanned = true;
  next_ = Store::kSource;
  if (page.events.empty()) return;
  const EventView& newest = page.events.front();
  ++found.events_read;
  found.tail = newest.revision;
  const bool is_deleted = is_soft_deletion(newest);
  found.revives = is_deleted && !question.is_deletion;
  // A second deletion would bring the stream back to life (SoftUndeleteMetastream in StorageWriterService.cs).
  const bool is_copied =
      newest.id == question.first_id || copied_revision(newest.metadata).value_or(kNoStream) >= question.first_revision;
  found.is_older_deletion = !is_copied && is_deleted && question.is_deletion;
  if (!is_copied && !found.is_older_deletion) return;
  found.present.push_back(question.first_id);
  next_.reset();
}

}  // namespace interconnect
