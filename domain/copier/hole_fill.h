#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "domain/event.h"
#include "domain/stream_read.h"

namespace interconnect {

// What the source has in a hole of a stream, read page by page.
class HoleFill {
 public:
  static constexpr std::int32_t kFirstPage = 32;
  static constexpr std::int32_t kMaxPage = 500;         // events
  static constexpr std::size_t kPageBytes = 512 << 10;  // that a page is to have

  // Between two events that were delivered: all from `first` on, below `end`.
  // With `only_left_out`, of them what may be left out: the others may be with other consumers.
  static HoleFill between(std::string stream, Revision first, Revision end, bool only_left_out);
  // Before the first event that was delivered: what may be left out, back to the last event that would have been
  // delivered and copied, however far that is. So of a stream that is looked into again and again, each event is read
  // about as often as it would be delivered.
  static HoleFill before(std::string stream, Revision end);

  StreamRead next_read() const;

  // The page that was read last. `take` gets what it shows of the hole and is to be copied, in the stream's order, and
  // answers whether there was room for it: if not, it is read again.
  struct Rules {
    absl::FunctionRef<bool(const EventView&)> is_allowed;  // by the policy: one that is delivered is copied
    absl::FunctionRef<bool(const EventView&)> is_listed;   // by the policy: its type is to be copied
    absl::FunctionRef<bool(const EventView&)> take;
  };
  void on_page(const StreamPage& page, const Rules& rules);
  // The page could not be had, as it is or may be too large.
  void shrink_pages() { page_limit_ = page_limit_ > 4 ? page_limit_ / 4 : 1; }
  bool is_over() const { return is_over_; }

 private:
  HoleFill(std::string stream, Revision first, Revision end, bool looks_back);
  void look_back(const StreamPage& page, const Rules& rules);
  void fill(const StreamPage& page, const Rules& rules);

  std::string stream_;
  Revision from_;  // of the next page
  Revision end_;
  bool looks_back_;     // finds out first where the hole begins
  bool only_left_out_;  // nothing else of it is copied
  Revision begin_;      // while it looks back: of the earliest that is to be copied; end_: none yet
  bool is_over_ = false;
  std::int32_t page_limit_ = kFirstPage;
};

}  // namespace interconnect
