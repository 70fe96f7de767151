#include "benchmarks/copy/writer.h"

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/stores.h"
#include "benchmarks/copy/clients.h"

namespace interconnect::copy_benchmark {
namespace {

class Writer final : public SinkListener {
 public:
  Writer(Loop& loop, const StoreSettings& store, const Feed& feed, const WriteSettings& settings)
      : SinkListener(loop), feed_(feed), settings_(settings), sink_(make_sink(loop.io(), store)) {}

  Rate run() {
    connect(loop_, *sink_, *this);
    const auto start = Clock::now();
    loop_.after({}, [this] { fill(); });
    loop_.run("writing events");
    const Rate rate{.events = written_, .time = Clock::now() - start};
    disconnect(loop_, *sink_);
    return rate;
  }

 private:
  struct Position {
    std::size_t stream = 0;
    std::uint64_t done = 0;
    std::uint64_t events = 0;
  };
  struct UnderWay {
    Position next;
    std::size_t events = 0;
    std::size_t bytes = 0;
  };

  // The streams that have been begun go first, so that each is written in few appends.
  std::optional<Position> take() {
    if (!waiting_.empty()) {
      const Position position = waiting_.front();
      waiting_.pop_front();
      return position;
    }
    if (opened_ == feed_.streams) return std::nullopt;
    const std::size_t stream = opened_++;
    return Position{.stream = stream, .events = feed_.events(stream)};
  }

  void fill() {
    while (under_way_.size() < settings_.appends_in_flight && bytes_ < settings_.bytes_in_flight) {
      const auto position = take();
      if (!position) break;
      append(*position);
    }
    if (under_way_.empty()) loop_.finish();
  }

  void append(Position position) {
    std::vector<Event> events;
    std::size_t bytes = 0;
    const auto first = static_cast<Revision>(position.done);
    while (position.done < position.events && events.size() < settings_.append_events &&
           (events.empty() || bytes < settings_.append_bytes)) {
      events.push_back(feed_.event(position.stream, static_cast<Revision>(position.done++)));
      bytes += events.back().payload_bytes();
    }
    const std::uint64_t id = next_id_++;
    under_way_[id] = {position, events.size(), bytes};
    bytes_ += bytes;
    const std::string name = feed_.name(position.stream);
    sink_->append({.id = id, .stream = name, .expected_revision = first - 1, .events = events});
  }

  void on_appended(std::uint64_t id, Revision) override {
    loop_.alive();
    const auto found = under_way_.find(id);
    const UnderWay append = found->second;
    under_way_.erase(found);
    bytes_ -= append.bytes;
    written_ += append.events;
    if (append.next.done < append.next.events) waiting_.push_back(append.next);
  }

  void on_outcomes_end() override { fill(); }

  const Feed& feed_;
  const WriteSettings settings_;
  const std::unique_ptr<EventSink> sink_;
  std::deque<Position> waiting_;
  std::size_t opened_ = 0;
  std::unordered_map<std::uint64_t, UnderWay> under_way_;
  std::size_t bytes_ = 0;
  std::uint64_t next_id_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

Rate write(const StoreSettings& store, const Feed& feed, const WriteSettings& settings) {
  Loop loop;
  return Writer(loop, store, feed, settings).run();
}

}  // namespace interconnect::copy_benchmark
