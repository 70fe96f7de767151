#include "domain/subscription_scope.h"

#include "domain/stream_metadata.h"

namespace interconnect {

bool carries_whole_stream(std::string_view subscribed, std::string_view stream) {
  if (subscribed == stream) return true;
  if (!subscribed.starts_with(kCategoryStreamPrefix)) return false;
  const std::string_view category = subscribed.substr(kCategoryStreamPrefix.size());
  if (!stream.starts_with(category)) return false;
  return stream.find('-') == category.size() || stream.rfind('-') == category.size();
}

bool may_be_of_category(std::string_view subscribed, std::string_view stream) {
  if (!subscribed.starts_with(kCategoryStreamPrefix)) return false;
  const std::string_view category = subscribed.substr(kCategoryStreamPrefix.size());
  return stream.size() > category.size() && stream.starts_with(category);
}

bool is_of_the_system(std::string_view subscribed, std::string_view stream) {
  if (is_metadata_stream(stream)) stream = original_stream(stream);
  return stream.starts_with('$') && stream != subscribed;
}

}  // namespace interconnect
