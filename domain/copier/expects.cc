#include "domain/copier/expects.h"

#include <cstdio>
#include <cstdlib>

namespace interconnect {

void end_broken(const char* file, int line) {
  std::fprintf(stderr, "%s:%d: what must hold here does not\n", file, line);
  std::abort();
}

}  // namespace interconnect
