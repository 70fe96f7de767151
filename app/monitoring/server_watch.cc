#include "app/monitoring/server_watch.h"

#include <chrono>
#include <variant>

namespace interconnect {
namespace {

constexpr Duration kAskAgainAfter = std::chrono::minutes(1);

}  // namespace

void ServerWatch::ask() {
  if (is_awaited_ || clock_.now() < ask_at_) return;
  is_awaited_ = true;
  inspector_.server([this](const std::variant<ServerInfo, StoreError>& answer) {
    is_awaited_ = false;
    const auto* info = std::get_if<ServerInfo>(&answer);
    if (info == nullptr) return;  // asked again at the next chance
    info_ = *info;
    ask_at_ = clock_.now() + kAskAgainAfter;
  });
}

}  // namespace interconnect
