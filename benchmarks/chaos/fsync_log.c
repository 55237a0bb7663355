/* Notes beside each append-only file how much of it was on the disk, each time fsync has said so.
 *
 * Loaded into the store's process with LD_PRELOAD. The length is taken before the call: what is written while it runs
 * may or may not be on the disk, and does not count.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static void note(int fd, off_t length) {
    char link[64], path[4096], beside[4128];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 4 || memcmp(path + size - 4, ".aof", 4) != 0) return;
    path[size] = 0;
    snprintf(beside, sizeof beside, "%s.synced", path);
    int note = open(beside, O_WRONLY | O_CREAT, 0600);
    if (note < 0) return;
    long long known = length;
    if (pwrite(note, &known, sizeof known, 0) != (ssize_t)sizeof known) unlink(beside);
    close(note);
}

static int sync_and_note(const char *name, int fd) {
    struct stat before;
    sync_call call = (sync_call)dlsym(RTLD_NEXT, name);
    int is_known = fstat(fd, &before) == 0;
    int result = call(fd);
    if (result == 0 && is_known) note(fd, before.st_size);
    return result;
}

int fsync(int fd) { return sync_and_note("fsync", fd); }
int fdatasync(int fd) { return sync_and_note("fdatasync", fd); }
