/* The driver's checkpoint symbols without a GPU, for tests. A process is a CUDA process where FAKE_CUDA_DIR holds a
 * file named by the pid it has in its own namespace (so that a restored container's processes are known again) or by
 * its host pid; the file's first letter is its state: r, l, c or f; one that is still empty is being made and does
 * not count. A second letter b: busy, the lock times out; p: it maps memory of another GPU, which is checkpointed and
 * cannot be restored (801). FAKE_CUDA_MS: how long checkpoint and restore take.
 * FAKE_CUDA_INSIDE: the folder as processes see it that have it on a tmpfs of their own, which goes into their
 * checkpoint and comes back with it.
 * FAKE_CUDA_BUSY_MS: every process is busy, and a lock gives up after so many milliseconds in place of its own
 * time-out. Compiled with -DNO_CHECKPOINT it is a driver before 570. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, INVALID_VALUE = 1, NOT_INITIALIZED = 3, ILLEGAL_STATE = 401, NOT_READY = 600, NOT_SUPPORTED = 801 };
static int initialised;

static const char *folder(void) { const char *d = getenv("FAKE_CUDA_DIR"); return d ? d : "/tmp/fake-cuda"; }

static FILE *opened(const char *path, const char *mode) {
  FILE *f = fopen(path, mode);
  if (!f) return 0;
  int first = fgetc(f);
  if (first != EOF) { ungetc(first, f); return f; }
  fclose(f);
  return 0;
}

static FILE *find(int pid, const char *mode) {
  char path[512], status[64], line[512];
  snprintf(path, sizeof path, "%s/%d", folder(), pid);
  FILE *f = opened(path, mode);
  if (f) return f;
  snprintf(status, sizeof status, "/proc/%d/status", pid);
  FILE *s = fopen(status, "r");
  if (!s) return 0;
  int inner = -1;
  while (fgets(line, sizeof line, s)) {
    char *last = strncmp(line, "NSpid:", 6) ? 0 : strrchr(line, '\t');
    if (last) inner = atoi(last);
  }
  fclose(s);
  if (inner < 0 || inner == pid) return 0;
  const char *inside = getenv("FAKE_CUDA_INSIDE");
  if (inside) {
    snprintf(path, sizeof path, "/proc/%d/root%s/ns-%d", pid, inside, inner);
    if ((f = opened(path, mode))) return f;
  }
  snprintf(path, sizeof path, "%s/ns-%d", folder(), inner);
  return opened(path, mode);
}

static int step(int pid, char from, char to, int slow) {
  if (!initialised) return NOT_INITIALIZED;
  FILE *f = find(pid, "r+");
  if (!f) return INVALID_VALUE;
  int is = fgetc(f), result = is == from ? OK : ILLEGAL_STATE;
  if (result == OK) {
    if (slow) usleep(atoi(getenv("FAKE_CUDA_MS") ? getenv("FAKE_CUDA_MS") : "5") * 1000);
    rewind(f); fputc(to, f);
  }
  fclose(f);
  return result;
}

int cuInit(unsigned flags) {
  if (getenv("FAKE_CUDA_NO_DEVICE")) return 100;
  initialised = 1;
  return flags ? INVALID_VALUE : OK;
}
int cuDriverGetVersion(int *version) { *version = 13000; return OK; }
int cuGetErrorName(int code, const char **name) {
  *name = code == ILLEGAL_STATE   ? "CUDA_ERROR_ILLEGAL_STATE"
          : code == NOT_READY     ? "CUDA_ERROR_NOT_READY"
          : code == INVALID_VALUE ? "CUDA_ERROR_INVALID_VALUE"
          : code == NOT_SUPPORTED ? "CUDA_ERROR_NOT_SUPPORTED"
                                  : 0;
  return *name ? OK : INVALID_VALUE;
}
#ifndef NO_CHECKPOINT
int cuCheckpointProcessGetState(int pid, int *state) {
  if (!initialised) return NOT_INITIALIZED;
  FILE *f = find(pid, "r");
  if (!f) return INVALID_VALUE;
  int is = fgetc(f);
  fclose(f);
  *state = is == 'r' ? 0 : is == 'l' ? 1 : is == 'c' ? 2 : 3;
  return OK;
}
int cuCheckpointProcessGetRestoreThreadId(int pid, int *tid) {
  int state, result = cuCheckpointProcessGetState(pid, &state);
  *tid = pid; /* its first thread, which a real driver leaves alone */
  return result;
}
int cuCheckpointProcessLock(int pid, void *args) {
  unsigned timeout = *(unsigned *)args;
  for (int i = 4; i < 64; i++) if (((char *)args)[i]) return INVALID_VALUE;
  const char *busy_ms = getenv("FAKE_CUDA_BUSY_MS");
  if (busy_ms) { usleep(atoi(busy_ms) * 1000); return NOT_READY; }
  FILE *f = find(pid, "r");
  if (f) { fgetc(f); int busy = fgetc(f) == 'b'; fclose(f); if (busy) { usleep(timeout * 1000); return NOT_READY; } }
  return step(pid, 'r', 'l', 0);
}
static int zero(const char *args) { for (int i = 0; i < 64; i++) if (args[i]) return 0; return 1; }
int cuCheckpointProcessCheckpoint(int pid, void *args) { return zero(args) ? step(pid, 'l', 'c', 1) : INVALID_VALUE; }
int cuCheckpointProcessRestore(int pid, void *args) {
  FILE *f = find(pid, "r");
  int shared = f && fgetc(f) == 'c' && fgetc(f) == 'p';
  if (f) fclose(f);
  return !zero(args) ? INVALID_VALUE : shared ? NOT_SUPPORTED : step(pid, 'c', 'l', 1);
}
int cuCheckpointProcessUnlock(int pid, void *args) { return zero(args) ? step(pid, 'l', 'r', 0) : INVALID_VALUE; }
#endif
