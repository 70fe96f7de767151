#include "testing/eventstore/store/event_filter.h"

#include <algorithm>

#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {

bool EventFilter::wants(const Record& record) const {
  const std::string& text = by_ == By::kType ? record.type : record.stream_name();
  if (!regexes_.empty()) return std::regex_search(text, regexes_.front());
  return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const auto& p) { return text.starts_with(p); });
}

}  // namespace interconnect::eventstore
