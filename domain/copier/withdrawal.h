#pragma once

#include <vector>

#include "domain/copier/deliveries.h"
#include "domain/copier/lane.h"
#include "domain/copier/lanes.h"
#include "domain/copier/order.h"
#include "domain/copier/surroundings.h"

namespace interconnect {

// Takes out of the lanes what was never sent to the destination. On a new connection the server sends what is not
// acknowledged in the right order, so it need not be held until then.
class Withdrawal {
 public:
  // All outlive this.
  Withdrawal(Surroundings& surroundings, Order& order, Deliveries& deliveries, Lanes& lanes)
      : our_(surroundings), order_(order), deliveries_(deliveries), lanes_(lanes) {}

  void run();

 private:
  void withdraw(Lane& lane, std::vector<Revision>& positions);
  bool counts_as_sent(const Lane& lane, const HeldEvent& held) const;
  void note_gap_before(HeldEvent& held, Revision first_withdrawn) const;
  void rest_if_emptied(Lane& lane);
  void wake_blocked();

  Surroundings& our_;
  Order& order_;
  Deliveries& deliveries_;
  Lanes& lanes_;
};

}  // namespace interconnect
