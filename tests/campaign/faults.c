/* Makes one operation on files under a folder fail, or end the process: preloaded, and armed by the process itself. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long remaining = -1; /* operations before the chosen one; below 0 is unarmed */
static int code;            /* what the chosen one says; 0 ends the process */
static int stays;           /* whether all later ones say it, too */
static long counted;

void campaign_arm(const char *where, long number, int error, int for_ever) {
    strncpy(folder, where, sizeof folder - 1);
    code = error; stays = for_ever; counted = 0; remaining = number;
}
long campaign_counted(void) { return counted; }

static int strikes(const char *path) {
    if (remaining < 0 || !path || strncmp(path, folder, strlen(folder))) return 0;
    counted++;
    if (remaining > 0) { remaining--; return 0; }
    if (!code) kill(getpid(), SIGKILL);
    if (!stays) remaining = -1;
    errno = code;
    return 1;
}
static int strikes_open(int descriptor) {
    char link[64], path[PATH_MAX];
    if (remaining < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strikes(path);
}
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { REAL(open); MODE return strikes(path) ? -1 : real(path, flags, mode); }
int open64(const char *path, int flags, ...) { REAL(open64); MODE return strikes(path) ? -1 : real(path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { REAL(openat); MODE return strikes(path) ? -1 : real(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { REAL(openat64); MODE return strikes(path) ? -1 : real(at, path, flags, mode); }
FILE *fopen64(const char *path, const char *how) { REAL(fopen64); return strikes(path) ? NULL : real(path, how); }
FILE *fopen(const char *path, const char *how) { REAL(fopen); return strikes(path) ? NULL : real(path, how); }
ssize_t write(int file, const void *data, size_t size) { REAL(write); return strikes_open(file) ? -1 : real(file, data, size); }
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) { REAL(pwrite64); return strikes_open(file) ? -1 : real(file, data, size, at); }
ssize_t read(int file, void *data, size_t size) { REAL(read); return strikes_open(file) ? -1 : real(file, data, size); }
int fsync(int file) { REAL(fsync); return strikes_open(file) ? -1 : real(file); }
int ftruncate64(int file, off64_t size) { REAL(ftruncate64); return strikes_open(file) ? -1 : real(file, size); }
int rename(const char *from, const char *to) { REAL(rename); return strikes(from) ? -1 : real(from, to); }
int unlink(const char *path) { REAL(unlink); return strikes(path) ? -1 : real(path); }
int unlinkat(int at, const char *path, int flags) { REAL(unlinkat); return strikes(path) ? -1 : real(at, path, flags); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); return strikes(path) ? -1 : real(path, mode); }
int rmdir(const char *path) { REAL(rmdir); return strikes(path) ? -1 : real(path); }
