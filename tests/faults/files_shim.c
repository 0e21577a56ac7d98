/* Makes one system call of a save fail, for tests: loaded before the C library.

   arm(n, mode) makes the n-th of the calls below fail, counted from 0 and made by
   this thread's process from then on; called() says how many there have been, and
   call_name(i) what they were. Paths and handles do not matter: between arm and
   disarm the process does nothing but save. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORT = -1, KILL = -2, MOST = 256 }; /* other modes are values of errno */

static int armed, failing, mode, count;
static const char *names[MOST];

void arm(int n, int how) { failing = n, mode = how, count = 0, armed = 1; }
void disarm(void) { armed = 0; }
int called(void) { return count; }
const char *call_name(int i) { return names[i]; }

/* Whether this call is the one to fail. */
static int fails(const char *name) {
    if (!armed || count >= MOST) return 0;
    names[count] = name;
    if (count++ != failing) return 0;
    if (mode == KILL) kill(getpid(), SIGKILL);
    return 1;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define REFUSE(what)                       \
    if (fails(what) && mode != SHORT) {    \
        errno = mode;                      \
        return -1;                         \
    }

#define OPEN(name, ...)                                      \
    int bits = 0;                                            \
    if (flags & (O_CREAT | O_TMPFILE)) {                     \
        va_list rest;                                        \
        va_start(rest, flags);                               \
        bits = va_arg(rest, int);                            \
        va_end(rest);                                        \
    }                                                        \
    REAL(name);                                              \
    REFUSE(flags & O_DIRECTORY || !(flags & O_CREAT) ? "open folder" : "open file") \
    return real(__VA_ARGS__, flags, bits);

int open(const char *path, int flags, ...) { OPEN(open, path) }
int open64(const char *path, int flags, ...) { OPEN(open64, path) }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, at, path) }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, at, path) }

ssize_t write(int handle, const void *content, size_t size) {
    REAL(write);
    if (fails("write")) {
        if (mode == SHORT) return real(handle, content, (size + 1) / 2);
        errno = mode;
        return -1;
    }
    return real(handle, content, size);
}

int fsync(int handle) {
    REAL(fsync);
    REFUSE("fsync")
    return real(handle);
}

/* A close that fails has closed all the same. */
int close(int handle) {
    REAL(close);
    int failed = fails("close");
    int result = real(handle);
    if (failed && mode != SHORT) {
        errno = mode;
        return -1;
    }
    return result;
}

int fchmod(int handle, mode_t bits) {
    REAL(fchmod);
    REFUSE("fchmod")
    return real(handle, bits);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    REFUSE("rename")
    return real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    REFUSE("unlink")
    return real(path);
}

int lstat(const char *path, struct stat *status) {
    REAL(lstat);
    REFUSE("lstat")
    return real(path, status);
}

int lstat64(const char *path, struct stat64 *status) {
    REAL(lstat64);
    REFUSE("lstat")
    return real(path, status);
}
