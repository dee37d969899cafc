/* Preloaded into a Python process: counts every change of a file below one folder, and at the n-th one kills the
   process (a write is cut in half first) or says that the disk is full. `shim_arm` chooses; until then nothing happens.
   Only the process that armed it is concerned, none of its children. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { NOTHING, KILL, FULL };
static long kill_at, full_at, stop_at, count;
static int stop_signal;
static pid_t armed_in;
static char below[PATH_MAX];
static int log_fd = -1;

void shim_arm(long kill_point, long full_point, const char *folder, int log) {
    kill_at = kill_point, full_at = full_point, count = 0, log_fd = log;
    snprintf(below, sizeof below, "%s/", folder);
    armed_in = getpid();
}

/* At the n-th change the process gets a signal that it may answer, and the change is made. */
void shim_stop(long stop_point, int number) { stop_at = stop_point, stop_signal = number; }

long shim_count(void) { return count; }

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static void absolute(int folder, const char *path, char *out) {
    char base[PATH_MAX] = "";
    if (path[0] != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) base[0] = 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = readlink(link, base, sizeof base - 1);
            base[length < 0 ? 0 : length] = 0;
        }
        strncat(base, "/", sizeof base - strlen(base) - 1);
    }
    snprintf(out, PATH_MAX, "%s%s", base, path);
}

static int point(const char *call, const char *path) {
    if (armed_in != getpid() || strncmp(path, below, strlen(below))) return NOTHING;
    count++;
    if (log_fd >= 0) dprintf(log_fd, "%s %s\n", call, path + strlen(below));
    if (count == stop_at) kill(getpid(), stop_signal);
    return count == kill_at ? KILL : count == full_at ? FULL : NOTHING;
}

static int point_at(const char *call, int folder, const char *path) {
    char full[PATH_MAX];
    if (armed_in != getpid()) return NOTHING;
    absolute(folder, path, full);
    return point(call, full);
}

static int point_fd(const char *call, int fd) {
    struct stat facts;
    char link[64], path[PATH_MAX];
    if (armed_in != getpid() || fd == log_fd || fstat(fd, &facts) || !S_ISREG(facts.st_mode)) return NOTHING;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NOTHING;
    path[length] = 0;
    return point(call, path);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

#define MEET(found) \
    switch (found) { case KILL: die(); case FULL: errno = ENOSPC; return -1; default: break; }

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    int found = point_fd("write", fd);
    if (found == KILL && size > 1) (void)!real(fd, data, size / 2);
    MEET(found)
    return real(fd, data, size);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL(pwrite64);
    int found = point_fd("pwrite", fd);
    if (found == KILL && size > 1) (void)!real(fd, data, size / 2, offset);
    MEET(found)
    return real(fd, data, size, offset);
}
ssize_t sendfile64(int out, int in, off64_t *offset, size_t size) {
    static ssize_t (*real)(int, int, off64_t *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "sendfile64");
    int found = point_fd("sendfile", out);
    if (found == KILL && size > 1) (void)!real(out, in, offset, size / 2);
    MEET(found)
    return real(out, in, offset, size);
}
int fsync(int fd) { REAL(fsync); MEET(point_fd("fsync", fd)) return real(fd); }
int rename(const char *old, const char *new) {
    REAL(rename); MEET(point_at("rename", AT_FDCWD, new)) return real(old, new);
}
int renameat(int a, const char *old, int b, const char *new) {
    REAL(renameat); MEET(point_at("rename", b, new)) return real(a, old, b, new);
}
int renameat2(int a, const char *old, int b, const char *new, unsigned flags) {
    REAL(renameat2);
    if (point_at("exchange", b, new) == KILL) die();
    return real(a, old, b, new, flags);
}
int mkdir(const char *path, mode_t mode) { REAL(mkdir); MEET(point_at("mkdir", AT_FDCWD, path)) return real(path, mode); }
int link(const char *old, const char *new) { REAL(link); MEET(point_at("link", AT_FDCWD, new)) return real(old, new); }
int symlink(const char *old, const char *new) { REAL(symlink); MEET(point_at("symlink", AT_FDCWD, new)) return real(old, new); }
/* What makes room never meets a full disk. */
int unlink(const char *path) { REAL(unlink); if (point_at("unlink", AT_FDCWD, path) == KILL) die(); return real(path); }
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat); if (point_at("unlink", folder, path) == KILL) die(); return real(folder, path, flags);
}
int rmdir(const char *path) { REAL(rmdir); if (point_at("rmdir", AT_FDCWD, path) == KILL) die(); return real(path); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); if (point_fd("truncate", fd) == KILL) die(); return real(fd, size); }

#define OPEN(name, ...) \
    mode_t mode = 0; \
    if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
    REAL(name);
int open64(const char *path, int flags, ...) {
    OPEN(open64)
    if (flags & (O_CREAT | O_TRUNC)) {
        int found = point_at("open", AT_FDCWD, path);
        if (found == KILL) { real(path, flags, mode); die(); }
        MEET(found)
    }
    return real(path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    OPEN(openat64)
    if (flags & (O_CREAT | O_TRUNC)) {
        int found = point_at("open", folder, path);
        if (found == KILL) { real(folder, path, flags, mode); die(); }
        MEET(found)
    }
    return real(folder, path, flags, mode);
}
