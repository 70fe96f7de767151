#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "adapters/grpc/wire/decode.h"
#include "domain/time.h"
#include "ports/store_settings.h"

namespace interconnect::next {

// The node to use among those alive: of the preferred kind if there is one, else the leader, else a follower, else a
// read-only replica. `draw` chooses among equals. Nodes in no serving state are never chosen.
std::optional<Endpoint> choose_node(std::span<const ClusterMember> members, NodePreference preference,
                                    std::uint64_t draw);

// Finds the node to use by asking the configured hosts, one after the other, who belongs to the cluster. Each step
// returns what is to be done next; its result is given to the step named beside it.
class Discovery {
 public:
  struct AskGossip {  // -> answered() or failed()
    Endpoint host;
  };
  struct Wait {  // -> waited()
    Duration duration;
  };
  struct Use {
    Endpoint node;
  };
  struct GiveUp {  // after max_discover_attempts rounds
    std::string message;
  };
  using Action = std::variant<AskGossip, Wait, Use, GiveUp>;

  // `draw` is any number; it decides among equals, and nothing else here is left to chance.
  Discovery(const GrpcStoreSettings& settings, std::uint64_t draw);

  Action start();
  Action answered(std::span<const ClusterMember> members);
  Action failed(std::string_view reason);
  Action waited();

 private:
  Action ask_next();

  std::vector<Endpoint> hosts_;
  NodePreference preference_;
  std::int32_t max_attempts_;
  Duration interval_;
  std::uint64_t draw_;
  std::size_t next_host_ = 0;
  std::int32_t attempts_ = 0;
  std::string last_reason_;
};

}  // namespace interconnect::next
