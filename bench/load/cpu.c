#include "cpu.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

static void add_thread(struct cpu *sum, int pid, const char *thread) {
  char path[300];
  uint64_t run, waited;
  snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", pid, thread);
  FILE *file = fopen(path, "r");
  if (!file) return;
  if (fscanf(file, "%" SCNu64 " %" SCNu64, &run, &waited) == 2) {
    sum->run += run;
    sum->waited += waited;
  }
  fclose(file);
}

struct cpu cpu_of(const int *pids) {
  struct cpu sum = {0, 0};
  for (; *pids; pids++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", *pids);
    DIR *threads = opendir(path);
    if (!threads) continue;
    for (struct dirent *entry; (entry = readdir(threads));)
      if (entry->d_name[0] != '.') add_thread(&sum, *pids, entry->d_name);
    closedir(threads);
  }
  return sum;
}
