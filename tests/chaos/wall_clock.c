/* A wall clock that one process can be given: ahead of the machine's by what CLOCK_FILE says.
 *
 * Preloaded. Waits until a time of the wall clock end when that clock says so, as the system's do:
 * where it is set back meanwhile, they last that much longer. The monotonic clock is the machine's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define STEP_NS 20000000L
#define SECOND_NS 1000000000L
#define PLACES 65536
#define OF_MONOTONIC 2 /* in glibc's word of a condition variable */

static volatile int64_t *ahead_s;
static int (*real_clock)(clockid_t, struct timespec *);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*real_signal)(pthread_cond_t *);
static int (*real_broadcast)(pthread_cond_t *);

__attribute__((constructor)) static void find(void)
{
    const char *path = getenv("CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    real_wait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    real_signal = dlsym(RTLD_NEXT, "pthread_cond_signal");
    real_broadcast = dlsym(RTLD_NEXT, "pthread_cond_broadcast");
    real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    if (file < 0)
        return;
    void *found = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (found != MAP_FAILED)
        ahead_s = found;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!real_clock)
        real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real_clock(clock, now);
    if (ahead_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *ahead_s;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec found;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

/* How often conditions were signalled, those of one place together: one that is as the step of a wait
 * ends must not be slept through. */
static atomic_uint signalled[PLACES];

static atomic_uint *of(const void *cond)
{
    return &signalled[((uintptr_t)cond >> 4) % PLACES];
}

int pthread_cond_signal(pthread_cond_t *cond)
{
    atomic_fetch_add(of(cond), 1);
    return real_signal(cond);
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
    atomic_fetch_add(of(cond), 1);
    return real_broadcast(cond);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    unsigned before = atomic_load(of(cond));
    if (!ahead_s || cond->__data.__wrefs & OF_MONOTONIC)
        return real_wait(cond, mutex, until);
    for (;;) {
        struct timespec now, step;
        clock_gettime(CLOCK_REALTIME, &now);
        int64_t left_s = (int64_t)until->tv_sec - now.tv_sec;
        int64_t left_ns =
            left_s > 3600 ? STEP_NS : left_s * SECOND_NS + until->tv_nsec - now.tv_nsec;
        if (left_ns <= 0)
            return ETIMEDOUT;
        real_clock(CLOCK_REALTIME, &step);
        step.tv_nsec += left_ns < STEP_NS ? left_ns : STEP_NS;
        step.tv_sec += step.tv_nsec / SECOND_NS;
        step.tv_nsec %= SECOND_NS;
        int result = real_wait(cond, mutex, &step);
        if (result != ETIMEDOUT || atomic_load(of(cond)) != before)
            return result == ETIMEDOUT ? 0 : result;
    }
}

/* What glibc does itself. */
int cnd_signal(cnd_t *cond)
{
    return pthread_cond_signal((pthread_cond_t *)cond) == 0 ? thrd_success : thrd_error;
}

int cnd_broadcast(cnd_t *cond)
{
    return pthread_cond_broadcast((pthread_cond_t *)cond) == 0 ? thrd_success : thrd_error;
}

int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex, const struct timespec *restrict until)
{
    int result = pthread_cond_timedwait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, until);
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}
