#include "domain/copier/append_pipe.h"

namespace interconnect {

AppendPipe::AppendPipe(Surroundings& surroundings)
    : our_(surroundings),
      window_(
          {our_.settings.max_in_flight_events, our_.settings.max_in_flight_bytes, our_.settings.append_queue_target}),
      bytes_limit_(our_.settings.max_append_bytes) {}

bool AppendPipe::has_room() {
  const bool is_full = appends_.size() >= our_.settings.max_appends_in_flight ||
                       in_flight_.events() >= window_.events() || in_flight_.bytes() >= window_.bytes();
  if (is_full) window_.on_full();
  return !is_full;
}

bool AppendPipe::fits(std::size_t events, std::size_t bytes) const {
  return in_flight_.bytes() + bytes <= window_.bytes() && in_flight_.events() + events < window_.events();
}

bool AppendPipe::may_retry(std::size_t bytes) const {
  return appends_.size() < our_.settings.max_appends_in_flight && in_flight_.fits(bytes, window_.bytes());
}

void AppendPipe::send(Lane& lane, Revision expected, Time now) {
  const std::uint64_t id = next_id_++;
  appends_[id] = &lane;
  lane.append(id, in_flight_.take(lane.batch.size(), lane.batch_bytes()), now);
  our_.outbox.put(SendAppend{{id, lane.stream, expected, lane.batch}});
}

Lane* AppendPipe::take(std::uint64_t append_id) {
  const auto it = appends_.find(append_id);
  if (it == appends_.end()) return nullptr;
  Lane* lane = it->second;
  expects(lane->append_id == append_id);
  appends_.erase(it);
  lane->append_id = 0;
  return lane;
}

}  // namespace interconnect
