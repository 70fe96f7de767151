#include "domain/copier/ledger.h"

#include <utility>

namespace interconnect {

Ledger::Ledger(std::size_t subscriptions, std::size_t remembered_events)
    : remembered_events_(remembered_events), subscriptions_(subscriptions) {}

Ledger::Arrival Ledger::arrive(const Identity& identity, Revision revision, SubscriptionIndex subscription,
                               const EventId& ack_id) {
  const Claim claim = open_claim(subscription, ack_id);
  if (const auto settled = settled_.find(identity); settled != settled_.end()) {
    close_claim(claim, true);
    return settled->second == revision ? Arrival::kSettled : Arrival::kSettledUnderOtherRevision;
  }
  const auto [it, is_new] = held_.try_emplace(identity);
  Held& held = it->second;
  held.claims.push_back(claim);
  if (is_new) {
    held.revision = revision;
    return Arrival::kNew;
  }
  return held.revision == revision ? Arrival::kHeld : Arrival::kHeldUnderOtherRevision;
}

void Ledger::arrive_and_settle(SubscriptionIndex subscription, const EventId& ack_id) {
  close_claim(open_claim(subscription, ack_id), true);
}

void Ledger::settle(const Identity& identity, bool remember_it) {
  const auto it = held_.find(identity);
  if (it == held_.end()) return;
  for (const Claim& claim : it->second.claims) close_claim(claim, true);
  if (remember_it) remember(identity, it->second.revision);
  held_.erase(it);
}

void Ledger::remember(const Identity& identity, Revision revision) {
  if (remembered_events_ == 0) return;
  settled_.emplace(identity, revision);
  if (settled_order_.size() < remembered_events_) {
    settled_order_.push_back(identity);
    return;
  }
  settled_.erase(std::exchange(settled_order_[next_settled_], identity));
  if (++next_settled_ == remembered_events_) next_settled_ = 0;
}

std::vector<Ledger::Claim> Ledger::give_up(const Identity& identity) {
  std::vector<Claim> living;
  const auto it = held_.find(identity);
  if (it == held_.end()) return living;
  for (const Claim& claim : it->second.claims) {
    if (claim.connection == subscriptions_[claim.subscription].connection) living.push_back(claim);
    close_claim(claim, false);
  }
  held_.erase(it);
  return living;
}

void Ledger::hold_undelivered(const Identity& identity, Revision revision) {
  held_.try_emplace(identity).first->second.revision = revision;
}

std::optional<Revision> Ledger::revision_of(const Identity& held) const {
  const auto it = held_.find(held);
  return it == held_.end() ? std::nullopt : std::optional(it->second.revision);
}

bool Ledger::is_delivered(const Identity& identity) const {
  const auto it = held_.find(identity);
  return it != held_.end() && !it->second.claims.empty();
}

bool Ledger::withdraw(const Identity& identity) {
  const auto it = held_.find(identity);
  if (it == held_.end()) return false;
  for (const Claim& claim : it->second.claims) {
    if (claim.connection == subscriptions_[claim.subscription].connection) return false;
  }
  held_.erase(it);
  return true;
}

void Ledger::disconnect(SubscriptionIndex subscription) {
  SubscriptionBook& book = subscriptions_[subscription];
  ++book.connection;
  book.unsettled.clear();
  book.repeated = 0;
}

Ledger::Claim Ledger::open_claim(SubscriptionIndex subscription, const EventId& ack_id) {
  SubscriptionBook& book = subscriptions_[subscription];
  if (++book.unsettled[ack_id] > 1) ++book.repeated;
  return {subscription, book.connection, ack_id};
}

void Ledger::close_claim(const Claim& claim, bool acknowledge) {
  SubscriptionBook& book = subscriptions_[claim.subscription];
  if (claim.connection != book.connection) return;
  const auto it = book.unsettled.find(claim.ack_id);
  if (it == book.unsettled.end()) return;
  if (--it->second > 0) return;
  book.unsettled.erase(it);
  if (acknowledge) book.acknowledgements.push_back(claim.ack_id);
}

}  // namespace interconnect
