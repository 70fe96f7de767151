#pragma once

#include <vector>

#include "domain/copier/held_event.h"
#include "domain/copier/lane.h"
#include "domain/copier/lanes.h"
#include "domain/copier/order.h"
#include "domain/time.h"

namespace interconnect {

// An event that waits in a lane has its place in the order as well: what changes the one changes the other.

HeldEvent take_front(Lane& lane, Order& order);
// The event in front leaves with the lane's next append.
void load_front(Lane& lane, Order& order);
std::vector<HeldEvent> take_waiting(Lane& lane, Order& order);
// In a lane where nothing waits.
void put_waiting(Lane& lane, std::vector<HeldEvent> waiting, Order& order);
// What was sent waits again.
void take_back_sent(Lane& lane, Order& order, Duration writer_timeout);

// The lane is in line for its turn, which may be far off: meanwhile, what is overdue is looked up.
void make_ready(Lane& lane, Lanes& lanes, Order& order);

// A stream and its metadata stream: what is delivered of both goes in the order of its positions.

// Whether the lane must wait for its counterpart.
bool is_counterpart_first(const Lane& lane, const Lanes& lanes);
// The lane's counterpart may not have to wait for it any more.
void wake_counterpart(const Lane& lane, Lanes& lanes, Order& order);

}  // namespace interconnect
