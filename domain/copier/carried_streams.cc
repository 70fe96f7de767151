#include "domain/copier/carried_streams.h"

#include "absl/strings/ascii.h"
#include "domain/subscription_scope.h"

namespace interconnect {
namespace {

bool is_category(std::string_view stream) { return stream.starts_with(kCategoryStreamPrefix); }

bool is_plain(std::string_view stream) { return !stream.starts_with('$'); }

}  // namespace

std::string only_type_of(std::string_view subscribed) {
  if (!subscribed.starts_with(kEventTypeStreamPrefix)) return {};
  return std::string(subscribed.substr(kEventTypeStreamPrefix.size()));
}

bool share_streams(std::string_view a, std::string_view b) {
  if ((is_category(a) && is_category(b)) || (is_plain(a) && is_plain(b))) return a == b;
  if (is_category(b)) return share_streams(b, a);
  if (is_category(a) && is_plain(b)) {
    if (!may_be_of_category(a, b)) return false;
    // Whatever character the projection cuts at, it is hardly a letter or a digit.
    return !absl::ascii_isalnum(static_cast<unsigned char>(b[a.size() - kCategoryStreamPrefix.size()]));
  }
  return true;
}

}  // namespace interconnect
