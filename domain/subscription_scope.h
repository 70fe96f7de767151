#pragma once

#include <string_view>

namespace interconnect {

inline constexpr std::string_view kCategoryStreamPrefix = "$ce-";
inline constexpr std::string_view kEventTypeStreamPrefix = "$et-";

// Whether a subscription to `subscribed` brings every event of `stream`: it is the stream itself, or the category of
// it. `$by_category` cuts a stream's name at its first hyphen, or, if it is set so, at its last; of one that is set to
// another character nothing is told here (see may_be_of_category).
bool carries_whole_stream(std::string_view subscribed, std::string_view stream);

// Whether `subscribed` is a category that may hold the stream's events, whatever character the projection cuts the
// names of streams at.
bool may_be_of_category(std::string_view subscribed, std::string_view stream);

// Whether the stream belongs to the servers themselves (but for the metadata of others), and is not the one that is
// subscribed to: it is never copied.
bool is_of_the_system(std::string_view subscribed, std::string_view stream);

}  // namespace interconnect
