/* Steps the PC's clock for one program: an hour back after 300 ms, a day ahead after 600 ms. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long first_ms;

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = syscall(SYS_clock_gettime, id, now);
    struct timespec mono;
    if (result != 0 || id != CLOCK_REALTIME || syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &mono) != 0)
        return result;
    long ms = mono.tv_sec * 1000 + mono.tv_nsec / 1000000;
    if (first_ms == 0)
        first_ms = ms;
    if (ms - first_ms > 600)
        now->tv_sec += 86400;
    else if (ms - first_ms > 300)
        now->tv_sec -= 3600;
    return result;
}
