#pragma once

#include <string>
#include <string_view>

namespace interconnect::http_api {

// A name as one part of a path. Names with `%`, `/`, `\`, `?` or `#` are encoded twice: both generations decode a path
// twice (5.0.1 before it takes the path apart, 21.2.0 and 21.10 after), and take the name for another if it is encoded
// once. Seen on the real servers.
std::string path_part(std::string_view name);

// "/subscriptions/STREAM/GROUP"
std::string group_path(std::string_view stream, std::string_view group);

// "/subscriptions/STREAM/GROUP/info"
std::string group_info_path(std::string_view stream, std::string_view group);

}  // namespace interconnect::http_api
