#pragma once

#include "domain/time.h"
#include "ports/clock.h"
#include "ports/store_inspector.h"

namespace interconnect {

// Asks a store now and then which version it has, and in which state its node is.
class ServerWatch {
 public:
  // Both outlive it.
  ServerWatch(StoreInspector& inspector, const Clock& clock) : inspector_(inspector), clock_(clock) {}

  // Asks if it is time to.
  void ask();
  // Another node may be there: it is asked at the next chance.
  void doubt() { ask_at_ = Time{0}; }

  // By the last answer; empty before the first.
  const ServerInfo& info() const { return info_; }

 private:
  StoreInspector& inspector_;
  const Clock& clock_;
  ServerInfo info_;
  Time ask_at_{0};
  bool is_awaited_ = false;
};

}  // namespace interconnect
