#include <malloc.h>
#include <sched.h>

#include "app/interconnect.h"

int main(int argc, char** argv) {
  // On cores that it shares with a store, a copier that preempts the store at each event has that send its events one
  // at a time. It copies all the same where the system does not allow it.
  const sched_param priority{};
  sched_setscheduler(0, SCHED_BATCH, &priority);
  // Tables that have grown out of their memory give it back, and gRPC's threads share theirs: some 10 MiB.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_ARENA_MAX, 2);
  return interconnect::run_interconnect(argc, argv);
}
