#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace interconnect::copy_benchmark {

// User and system time of all threads so far, in steps of 10 ms (proc(5), /proc/PID/stat).
std::chrono::duration<double> cpu_time(pid_t process);

// The most memory that was ever resident, in bytes (VmHWM of /proc/PID/status).
std::size_t peak_resident_bytes(pid_t process);

}  // namespace interconnect::copy_benchmark
