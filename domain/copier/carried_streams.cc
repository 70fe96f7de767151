#include "domain/copier/carried_streams.h"

namespace interconnect {
namespace {

constexpr std::string_view kEventTypeStreamPrefix = "$et-";
constexpr std::string_view kCategoryStreamPrefix = "$ce-";

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

bool carries_whole(std::string_view subscribed, std::string_view stream) {
  if (subscribed == stream) return true;
  if (!is_category(subscribed)) return false;
  const std::string_view category = category_of(subscribed);
  if (!stream.starts_with(category)) return false;
  return stream.find('-') == category.size() || stream.rfind('-') == category.size();
}

bool is_of_the_system(std::string_view subscribed, std::string_view stream) {
  if (stream.starts_with("$$")) stream.remove_prefix(2);
  return stream.starts_with('$') && stream != subscribed;
}

}  // namespace interconnect
