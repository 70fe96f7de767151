#pragma once

#include "domain/copier/deliveries.h"
#include "domain/copier/lane.h"
#include "domain/copier/lane_step.h"
#include "domain/copier/order.h"
#include "domain/copier/surroundings.h"
#include "domain/stream_read.h"

namespace interconnect {

// Fills in from the source what a subscription leaves out of a stream that it carries whole.
class Holes {
 public:
  // All outlive this.
  Holes(Surroundings& surroundings, Order& order, Deliveries& deliveries)
      : our_(surroundings), order_(order), deliveries_(deliveries) {}

  // There may be a hole before the event, which is about to wait in the lane.
  void note(HeldEvent& held, const Lane& lane) const;
  // Tells that the event goes though one before it is missing, unless that is read at the source.
  void tell_gap(HeldEvent& held, const Lane& lane) const;
  // The lane is to read the hole before the event in front.
  void fill(Lane& lane) const;
  // Of the lane's read.
  LaneStep on_read(Lane& lane, const ReadOutcome& outcome, Time now);

 private:
  LaneStep on_page(Lane& lane, const StreamPage& page);
  bool is_tried_again(Lane& lane, const StoreError& error, Time now);
  LaneStep end(Lane& lane) const;
  bool take(Lane& lane, const EventView& event, bool must_fit);
  void refuse(const EventView& event, const InvalidEvent& why);
  bool has_room(const Lane& lane, std::size_t bytes, bool must_fit) const;

  Surroundings& our_;
  Order& order_;
  Deliveries& deliveries_;
};

}  // namespace interconnect
