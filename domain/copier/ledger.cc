#include "domain/copier/ledger.h"

#include "domain/copier/string_hash.h"

namespace interconnect {

Ledger::Ledger(std::size_t subscriptions, std::size_t remembered_events)
    : remembered_events_(remembered_events), subscriptions_(subscriptions) {}

Ledger::Identity Ledger::identify(std::string_view stream, const EventId& id) { return {StringHash{}(stream), id}; }

Ledger::Arrival Ledger::arrive(const Identity& identity, Revision revision, SubscriptionIndex subscription,
                               const EventId& ack_id) {
  const Claim claim = open_claim(subscription, ack_id);
  const auto [it, is_new] = entries_.try_emplace(identity);
  Entry& entry = it->second;
  if (is_new) {
    entry.revision = revision;
    entry.claims.push_back(claim);
    return Arrival::kNew;
  }
  if (entry.settled) {
    close_claim(claim, true);
    return entry.revision == revision ? Arrival::kSettled : Arrival::kSettledUnderOtherRevision;
  }
  entry.claims.push_back(claim);
  return entry.revision == revision ? Arrival::kHeld : Arrival::kHeldUnderOtherRevision;
}

void Ledger::arrive_and_settle(SubscriptionIndex subscription, const EventId& ack_id) {
  close_claim(open_claim(subscription, ack_id), true);
}

bool Ledger::is_held(const Identity& identity) const {
  const auto it = entries_.find(identity);
  return it != entries_.end() && !it->second.settled;
}

void Ledger::settle(const Identity& identity, bool remember) {
  const auto it = entries_.find(identity);
  if (it == entries_.end() || it->second.settled) return;
  for (const Claim& claim : it->second.claims) close_claim(claim, true);
  if (!remember) {
    entries_.erase(it);
    return;
  }
  it->second.settled = true;
  it->second.claims = {};
  settled_.push_back(identity);
  while (settled_.size() > remembered_events_) {
    entries_.erase(settled_.front());
    settled_.pop_front();
  }
}

std::vector<Ledger::Claim> Ledger::give_up(const Identity& identity) {
  std::vector<Claim> living;
  const auto it = entries_.find(identity);
  if (it == entries_.end() || it->second.settled) return living;
  for (const Claim& claim : it->second.claims) {
    if (claim.connection == subscriptions_[claim.subscription].connection) living.push_back(claim);
    close_claim(claim, false);
  }
  entries_.erase(it);
  return living;
}

bool Ledger::withdraw(const Identity& identity) {
  const auto it = entries_.find(identity);
  if (it == entries_.end() || it->second.settled) return false;
  for (const Claim& claim : it->second.claims) {
    if (claim.connection == subscriptions_[claim.subscription].connection) return false;
  }
  entries_.erase(it);
  return true;
}

void Ledger::disconnect(SubscriptionIndex subscription) {
  SubscriptionBook& book = subscriptions_[subscription];
  ++book.connection;
  book.unsettled.clear();
}

Ledger::Claim Ledger::open_claim(SubscriptionIndex subscription, const EventId& ack_id) {
  SubscriptionBook& book = subscriptions_[subscription];
  ++book.unsettled[ack_id];
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
