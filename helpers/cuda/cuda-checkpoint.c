/* NVIDIA's cuda-checkpoint program, as far as CRIU's cuda_plugin and vLLM call it, on the driver's public API: for
 * hosts that do not have NVIDIA's, which may not be passed on. Errors go to stderr, with exit code 1; a wrong command
 * line ends with 2.
 * Sources: CRIU's plugins/cuda/cuda_plugin.c; cuda.h, "CUDA Checkpointing" (driver 570 and newer). */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] =
    "Usage: cuda-checkpoint --pid PID (--get-state | --get-restore-tid | --toggle | --action ACTION [--timeout MS])\n"
    "  --get-state        prints running, locked, checkpointed or failed\n"
    "  --get-restore-tid  prints the thread that restores the process's CUDA state\n"
    "  --action           lock, checkpoint, restore or unlock\n"
    "  --timeout          milliseconds until a lock is given up\n"
    "  --toggle           a running process is suspended, a checkpointed one resumed\n"
    "This is CRIU GPU Benchmark Suite's stand-in for NVIDIA's program. CUDA_LIBRARY: another libcuda.so.1.\n";

static const char *STATES[] = {"running", "locked", "checkpointed", "failed"};
enum { RUNNING, LOCKED, CHECKPOINTED };

static void *library;

static void *symbol(const char *name) {
  void *found = dlsym(library, name);
  if (!found) {
    fprintf(stderr, "cuda-checkpoint: the driver has no %s: driver 570 or newer is needed\n", name);
    exit(1);
  }
  return found;
}

static int succeeded(const char *what, int pid, int code) {
  const char *name = 0;
  if (code == 0) return 1;
  ((int (*)(int, const char **))symbol("cuGetErrorName"))(code, &name);
  fprintf(stderr, "cuda-checkpoint: %s of process %d: %s (%d)\n", what, pid, name ? name : "CUDA error", code);
  return 0;
}

/* The plugin asks for a state by the restore thread's id; the driver knows processes. */
static int process_of(int id) {
  char path[64], line[128];
  int process = id;
  snprintf(path, sizeof path, "/proc/%d/status", id);
  FILE *status = fopen(path, "r");
  while (status && fgets(line, sizeof line, status))
    if (sscanf(line, "Tgid: %d", &process) == 1) break;
  if (status) fclose(status);
  return process;
}

static int state_of(int pid, int *state) {
  int code = ((int (*)(int, int *))symbol("cuCheckpointProcessGetState"))(pid, state);
  return succeeded("state", pid, code);
}

static int act(const char *action, int pid, unsigned timeout) {
  static const struct { const char *action, *function; } ACTIONS[] = {
      {"lock", "cuCheckpointProcessLock"},
      {"checkpoint", "cuCheckpointProcessCheckpoint"},
      {"restore", "cuCheckpointProcessRestore"},
      {"unlock", "cuCheckpointProcessUnlock"},
  };
  /* every argument structure is 64 bytes of zero, but for the lock's time-out */
  unsigned arguments[16] = {0};
  for (int i = 0; i < 4; i++) {
    if (strcmp(action, ACTIONS[i].action)) continue;
    if (i == 0) arguments[0] = timeout;
    return succeeded(action, pid, ((int (*)(int, void *))symbol(ACTIONS[i].function))(pid, arguments));
  }
  fprintf(stderr, "cuda-checkpoint: --action: received \"%s\"\n%s", action, USAGE);
  exit(2);
}

static int toggle(int pid, unsigned timeout) {
  int state;
  if (!state_of(pid, &state)) return 0;
  if (state == RUNNING) {
    if (!act("lock", pid, timeout)) return 0;
    if (act("checkpoint", pid, 0)) return 1;
    act("unlock", pid, 0);
    return 0;
  }
  if (state == CHECKPOINTED) return act("restore", pid, 0) && act("unlock", pid, 0);
  fprintf(stderr, "cuda-checkpoint: toggle of process %d: it is %s\n", pid, STATES[state]);
  return 0;
}

static void open_driver(int pid) {
  const char *path = getenv("CUDA_LIBRARY");
  library = dlopen(path && *path ? path : "libcuda.so.1", RTLD_NOW);
  if (!library) {
    fprintf(stderr, "cuda-checkpoint: %s\n", dlerror());
    exit(1);
  }
  if (!succeeded("cuInit for a step", pid, ((int (*)(unsigned))symbol("cuInit"))(0))) exit(1);
}

static int number(const char *option, const char *text) {
  char *end;
  long value = text ? strtol(text, &end, 10) : -1;
  if (text && *text && !*end && value >= 0 && value <= 0x7fffffff) return (int)value;
  fprintf(stderr, "cuda-checkpoint: %s: received \"%s\", a number is needed\n%s", option, text ? text : "", USAGE);
  exit(2);
}

int main(int argc, char **argv) {
  const char *what = 0, *action = 0;
  int pid = 0, timeout = 0, state, tid;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) return fputs(USAGE, stdout) < 0;
    if (!strcmp(argv[i], "--pid") || !strcmp(argv[i], "-p")) pid = number("--pid", argv[++i]);
    else if (!strcmp(argv[i], "--timeout")) timeout = number("--timeout", argv[++i]);
    else if (!what && !strcmp(argv[i], "--action") && i + 1 < argc) what = argv[i], action = argv[++i];
    else if (!what && (!strcmp(argv[i], "--get-state") || !strcmp(argv[i], "--get-restore-tid") ||
                       !strcmp(argv[i], "--toggle"))) what = argv[i];
    else return fprintf(stderr, "cuda-checkpoint: unexpected: %s\n%s", argv[i], USAGE), 2;
  }
  if (!what || pid == 0) return fputs(USAGE, stderr), 2;
  open_driver(pid);
  if (action) return !act(action, pid, timeout);
  pid = process_of(pid);
  if (!strcmp(what, "--toggle")) return !toggle(pid, timeout);
  if (!strcmp(what, "--get-state")) {
    if (!state_of(pid, &state)) return 1;
    return puts(state >= 0 && state < 4 ? STATES[state] : "unknown") < 0;
  }
  int code = ((int (*)(int, int *))symbol("cuCheckpointProcessGetRestoreThreadId"))(pid, &tid);
  return !succeeded("restore thread", pid, code) || printf("%d\n", tid) < 0;
}
