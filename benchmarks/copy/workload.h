#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "benchmarks/samples.h"
#include "domain/event.h"

namespace interconnect::copy_benchmark {

// Of what is copied. `bytes` are an event's data and metadata together.
struct Shape {
  std::size_t streams = 1;
  std::size_t bytes = 0;
  std::uint64_t events = 0;
};

// What is to be written: so many streams with so many events each.
struct Feed {
  std::size_t streams = 0;
  std::function<std::string(std::size_t stream)> name;
  std::function<std::uint64_t(std::size_t stream)> events;
  std::function<Event(std::size_t stream, Revision revision)> event;
};

// Events that go round a number of streams in turn, and a stream of links to them in that order, as the servers'
// projections make one of a category. Streams are named after the workload, so that none was there before.
class Workload final {
 public:
  // With fewer events than streams, each event has a stream of its own.
  Workload(std::string name, const Shape& shape);

  const Shape& shape() const { return shape_; }
  std::string stream(std::size_t index) const { return name_ + "-" + std::to_string(index); }
  std::uint64_t events_of(std::size_t stream) const;
  const std::string& link_stream() const { return name_; }

  Feed events() const;
  Feed links() const;

 private:
  std::string name_;
  Shape shape_;
  SampleEvent sample_;
  std::uint64_t first_id_;
};

}  // namespace interconnect::copy_benchmark
