#include "domain/copier/carried_streams.h"

#include "domain/subscription_scope.h"

namespace interconnect {
namespace {

bool is_category(std::string_view stream) { return stream.starts_with(kCategoryStreamPrefix); }

bool is_plain(std::string_view stream) { return !stream.starts_with('$'); }

std::string_view category_of(std::string_view stream) { return stream.substr(kCategoryStreamPrefix.size()); }

}  // namespace

std::string only_type_of(std::string_view subscribed) {
  if (!subscribed.starts_with(kEventTypeStreamPrefix)) return {};
  return std::string(subscribed.substr(kEventTypeStreamPrefix.size()));
}

bool share_streams(std::string_view a, std::string_view b) {
  if ((is_category(a) && is_category(b)) || (is_plain(a) && is_plain(b))) return a == b;
  if (is_category(b)) return share_streams(b, a);
  if (is_category(a) && is_plain(b)) return b.starts_with(std::string(category_of(a)) + "-");
  return true;
}

}  // namespace interconnect
