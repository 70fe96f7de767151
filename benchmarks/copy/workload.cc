#include "benchmarks/copy/workload.h"

#include <algorithm>
#include <random>
#include <utility>

namespace interconnect::copy_benchmark {
namespace {

std::uint64_t random_number() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

Workload::Workload(std::string name, const Shape& shape)
    : name_(std::move(name)), shape_(shape), sample_("", shape.bytes), first_id_(random_number()) {
  shape_.streams = std::max<std::size_t>(1, std::min<std::size_t>(shape_.streams, shape_.events));
}

std::uint64_t Workload::events_of(std::size_t stream) const {
  return shape_.events / shape_.streams + (stream < shape_.events % shape_.streams ? 1 : 0);
}

Feed Workload::events() const {
  return {.streams = shape_.streams,
          .name = [this](std::size_t stream) { return this->stream(stream); },
          .events = [this](std::size_t stream) { return events_of(stream); },
          .event =
              [this](std::size_t stream, Revision revision) {
                const auto turn = static_cast<std::uint64_t>(revision);
                return Event(sample_.view(first_id_ + turn * shape_.streams + stream, revision));
              }};
}

Feed Workload::links() const {
  return {.streams = 1,
          .name = [this](std::size_t) { return link_stream(); },
          .events = [this](std::size_t) { return shape_.events; },
          .event =
              [this](std::size_t, Revision revision) {
                const auto n = static_cast<std::uint64_t>(revision);
                const std::string target =
                    std::to_string(n / shape_.streams) + "@" + stream(static_cast<std::size_t>(n % shape_.streams));
                EventView link;
                link.id = sample_id(~first_id_ - n);
                link.type = "$>";
                link.data = target;
                return Event(link);
              }};
}

}  // namespace interconnect::copy_benchmark
