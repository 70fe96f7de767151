#pragma once

#include <string>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

// Of a stream and the stream of its metadata: `x` and `$$x`.
inline constexpr std::string_view kMetadataStreamPrefix = "$$";
inline constexpr std::string_view kStreamMetadataType = "$metadata";

inline bool is_metadata_stream(std::string_view stream) { return stream.starts_with(kMetadataStreamPrefix); }
// `x` of `$$x`.
inline std::string_view original_stream(std::string_view metadata_stream) {
  return metadata_stream.substr(kMetadataStreamPrefix.size());
}
inline std::string metadata_stream(std::string_view stream) {
  return std::string(kMetadataStreamPrefix) + std::string(stream);
}

// Whether an event of a metadata stream soft-deletes the stream: its `$tb` is the largest revision (EventNumber.cs,
// DeletedStream). Of a member that is there twice the last one counts, as at the servers.
bool is_soft_deletion(const EventView& event);

}  // namespace interconnect
