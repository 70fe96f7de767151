#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "domain/safety_net.h"
#include "domain/store_error.h"
#include "domain/time.h"

namespace interconnect {

// Tells the refusal of one destination stream, whose `$acl` forbids us, from a refusal of us: the former leaves other
// streams writable. Streams go by the hashes of their names.
class StreamDenials {
 public:
  // An append to the stream succeeded that was sent then.
  void on_written(std::uint64_t stream, Time sent_at);
  // Something was refused at the stream, for want of rights or credentials.
  void on_denied(std::uint64_t stream, Time now);

  // Whether the stream's present refusal is its own: an append to another one, sent after the refusal began, succeeded;
  // or one that was sent up to `patience` before did, and no other stream has been refused since. Remembered until the
  // stream is written.
  bool is_own(std::uint64_t stream, Duration patience);
  // Of an event that cannot be written because the destination has denied it for long: `error` says so, and so does the
  // message.
  WriteFailure failure(std::string_view stream, std::uint64_t hash, const StoreError& error, std::string message,
                       Duration patience);
  // Whether it was found to be the stream's own before, and nothing speaks for a refusal of all since.
  bool is_known(std::uint64_t stream) const;

 private:
  struct Denied {
    Time since{0};
    Time last{0};
    bool is_known = false;
  };
  struct Written {
    std::uint64_t stream = 0;
    Time sent_at{0};
  };

  std::optional<Time> last_written_beside(std::uint64_t stream) const;
  bool is_another_denied_since(std::uint64_t stream, Time since) const;

  absl::flat_hash_map<std::uint64_t, Denied> denied_;  // asked whether there is one, never for its order
  // The two streams that were written last.
  std::optional<Written> newest_;
  std::optional<Written> second_;
};

}  // namespace interconnect
