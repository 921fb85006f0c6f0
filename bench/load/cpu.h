/*
 * The processor time of processes with all their threads, from the scheduler: nanoseconds, where /proc/PID/stat
 * counts in hundredths of a second. `waited` is time spent able to run while something else had the processor, so
 * run plus waited over the clock tells how busy a server is even on a shared machine.
 */
#pragma once
#include <stdint.h>

struct cpu {
  uint64_t run, waited;
};

/* Adds up the processes of the list, which ends with 0. */
struct cpu cpu_of(const int *pids);
