#include "domain/copier/hole_fill.h"

#include <algorithm>
#include <utility>

#include "domain/copier/left_out.h"
#include "domain/page_limit.h"

namespace interconnect {

HoleFill::HoleFill(std::string stream, Revision first, Revision end, bool looks_back)
    : stream_(std::move(stream)),
      from_(looks_back ? end - 1 : first),
      end_(end),
      looks_back_(looks_back),
      only_left_out_(looks_back),
      begin_(end) {}

HoleFill HoleFill::between(std::string stream, Revision first, Revision end, bool only_left_out) {
  HoleFill fill(std::move(stream), first, end, false);
  fill.only_left_out_ = only_left_out;
  return fill;
}

HoleFill HoleFill::before(std::string stream, Revision end) { return {std::move(stream), 0, end, true}; }

StreamRead HoleFill::next_read() const {
  StreamRead read;
  read.stream = stream_;
  read.from = from_;
  read.direction = looks_back_ ? ReadDirection::kBackward : ReadDirection::kForward;
  const Revision wanted = looks_back_ ? from_ + 1 : end_ - from_;
  read.count = static_cast<std::int32_t>(std::min<Revision>(wanted, page_limit_));
  return read;
}

void HoleFill::on_page(const StreamPage& page, const Rules& rules) {
  page_limit_ = next_page_limit(page_limit_, page, {.bytes = kPageBytes, .events = kMaxPage});
  looks_back_ ? look_back(page, rules) : fill(page, rules);
}

void HoleFill::look_back(const StreamPage& page, const Rules& rules) {
  bool is_found = page.end_of_stream || !page.stream_exists || page.next < 0 || page.next >= from_;
  for (const EventView& event : page.events) {
    if (event.revision >= end_) continue;
    if (may_be_left_out(event)) {
      if (rules.is_listed(event)) begin_ = event.revision;
    } else if (rules.is_allowed(event)) {
      is_found = true;
      break;
    }
  }
  if (!is_found) {
    from_ = page.next;
    return;
  }
  looks_back_ = false;
  from_ = begin_;
  is_over_ = begin_ == end_;
}

void HoleFill::fill(const StreamPage& page, const Rules& rules) {
  for (const EventView& event : page.events) {
    if (event.revision < from_) continue;
    if (event.revision >= end_) {
      is_over_ = true;
      return;
    }
    const bool is_wanted = !only_left_out_ || may_be_left_out(event);
    if (is_wanted && rules.is_listed(event) && !rules.take(event)) return;
    from_ = event.revision + 1;
  }
  if (!page.end_of_stream) from_ = std::max(from_, page.next);
  is_over_ = from_ >= end_ || page.end_of_stream || !page.stream_exists;
}

}  // namespace interconnect
