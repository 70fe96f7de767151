#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.h"
#include "domain/event_policy.h"

namespace interconnect {

// A sample event: JSON data, and metadata, `size` bytes together.
class SampleEvent {
 public:
  static constexpr std::string_view kJsonMetadata =
      R"({"$correlationId":"0f5e8d2c-7f43-4d0c-9a1e-2f5f2f3c9d11","userId":184467,"tenant":"eu-1","at":1637669863.125})";
  static constexpr std::string_view kBinaryMetadata = "binary";

  SampleEvent(std::string stream, std::size_t size, std::string_view metadata = kJsonMetadata);

  // The event as the n-th of all and as `revision` of its stream. Valid as long as the sample.
  EventView view(std::uint64_t n, Revision revision) const;

 private:
  std::string stream_;
  std::string data_;
  std::string metadata_;
};

// A different id for every n, spread as random ones are.
EventId sample_id(std::uint64_t n);

// Twenty names and two globs; the sample event's type is among the names.
std::vector<AllowedType> sample_types();

// The sample as a server pushes it to a persistent subscription. It can be made another event in place, so that a
// benchmark need not encode: its id is fixed in size, and so is its revision (from kFirstRevision on).
class PushedSample {
 public:
  static constexpr Revision kFirstRevision = Revision{1} << 28;

  // A package of the TCP protocol, and the message of a gRPC call.
  static PushedSample legacy(const SampleEvent& sample);
  static PushedSample next(const SampleEvent& sample);

  void become(std::uint64_t n, Revision revision);
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
  bool is_legacy_ = false;
  std::size_t id_at_ = 0;
  std::size_t revision_at_ = 0;
};

}  // namespace interconnect
