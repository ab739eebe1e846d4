/* Fills GPU memory with weights from a file while their engine is still being restored, and hands it over by
 * descriptor.
 *
 *   weight-server FOLDER NAME [--cpus N] [--piece-mb 4] [--burst 4] [--patience 60]
 *                 [--linger 1] [--wait context,memory,copy] [--socket NAME]
 *
 * FOLDER/NAME.img     the weights' blocks, one after the other
 * FOLDER/NAME.blocks  `device N`, then their bytes, one number a line, each a multiple of the driver's granularity
 * FOLDER/NAME.sock    made here: a Unix socket (SOCK_SEQPACKET) for one client; --socket gives it another NAME, where
 *                     several offer the same weights
 *
 * The client is sent `memory FIRST COUNT` with COUNT descriptors, as often as needed, then `filled JSON`. It answers
 * anything once it has mapped them. A connection that ends before `filled`: the memory must not be used.
 * The memory is the client's then; this process ends --linger seconds later, because to end a CUDA context holds the
 * driver.
 *
 * Threads read pieces, and one copies: --burst of them at a time, with a pause after each until the client comes. Where
 * many threads copied, a CUDA restore beside them took up to twice as long (docs/results/h200-2026-11-27, run 17).
 * --cpus is this program's share, by default all that it may run on: two are left for the restore. With 14 threads that
 * read in place of eight, the copy took longer (run 28).
 *
 * --wait names steps that begin only when a line comes on standard input, one line for each: so that a caller can order
 * them against the driver's other work. Lines of standard output are `weight-server: JSON`; `at` is CLOCK_MONOTONIC in
 * seconds. CUDA_LIBRARY names another libcuda.
 *
 * Needs a C compiler and no CUDA headers: gcc -O2 -pthread weight-server.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* cuda.h: CUmemAllocationProp, CUmemAccessDesc and the numbers in them */
typedef struct { int type, id; } Location;
typedef struct {
  int type, handle_types;
  Location location;
  void *win32;
  unsigned char compression, rdma;
  unsigned short usage;
  unsigned char reserved[4];
} Properties;
typedef struct { Location location; int flags; } Access;
enum { PINNED = 1, DEVICE = 1, READ_WRITE = 3, POSIX_DESCRIPTOR = 1, NON_BLOCKING = 1 };
/* SCM_MAX_FD of the kernel is 253 */
enum { DESCRIPTORS_A_MESSAGE = 250, PIECES_A_THREAD = 2 };

static struct {
  int (*init)(unsigned), (*device)(int *, int), (*context)(void **, int), (*current)(void *);
  int (*granularity)(size_t *, const Properties *, int);
  int (*create)(uint64_t *, size_t, const Properties *, uint64_t);
  int (*reserve)(uint64_t *, size_t, size_t, uint64_t, uint64_t);
  int (*map)(uint64_t, size_t, size_t, uint64_t, uint64_t);
  int (*access)(uint64_t, size_t, const Access *, size_t);
  int (*export_to)(void *, uint64_t, int, uint64_t);
  int (*pin)(void *, size_t, unsigned);
  int (*stream)(void **, unsigned);
  int (*copy)(uint64_t, const void *, size_t, void *);
  int (*synchronize)(void *);
} cuda;

static const struct { void *into; const char *name; } SYMBOLS[] = {
  {&cuda.init, "cuInit"},
  {&cuda.device, "cuDeviceGet"},
  {&cuda.context, "cuDevicePrimaryCtxRetain"},
  {&cuda.current, "cuCtxSetCurrent"},
  {&cuda.granularity, "cuMemGetAllocationGranularity"},
  {&cuda.create, "cuMemCreate"},
  {&cuda.reserve, "cuMemAddressReserve"},
  {&cuda.map, "cuMemMap"},
  {&cuda.access, "cuMemSetAccess"},
  {&cuda.export_to, "cuMemExportToShareableHandle"},
  {&cuda.pin, "cuMemHostRegister_v2"},
  {&cuda.stream, "cuStreamCreate"},
  {&cuda.copy, "cuMemcpyHtoDAsync_v2"},
  {&cuda.synchronize, "cuStreamSynchronize"},
};

static const char *name, *offered;
static char waits[64];
static int device, threads, burst = 4, patience = 60, linger = 1, image;
static size_t piece_size = 4 << 20, size, *blocks, count;
static uint64_t base, *handles;
static void *context;
static atomic_int came;

/* pieces of the image on their way to the GPU */
typedef struct { char *memory; size_t at, length; } Piece;
static Piece **empty, **full;
static size_t empties, fulls, next_piece;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t emptied = PTHREAD_COND_INITIALIZER, filled = PTHREAD_COND_INITIALIZER;

static double began;
/* seconds since the beginning of each step's end, for the client */
static char steps[512];

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }

static void say(const char *event, const char *format, ...) {
  char more[400] = "";
  if (format) { va_list list; va_start(list, format); vsnprintf(more, sizeof more, format, list); va_end(list); }
  char line[512];
  flockfile(stdout);
  int length = snprintf(line, sizeof line, "weight-server: {\"at\": %.6f, \"event\": \"%s\"%s%s}\n", now(), event,
                        format ? ", " : "", more);
  if (write(1, line, length < (int)sizeof line ? length : (int)sizeof line - 1) < 0) {}
  funlockfile(stdout);
}

/* A connection that ends, or a socket that nobody listens at, is what tells the client. */
static void fail(const char *format, ...) {
  char why[300];
  va_list list; va_start(list, format); vsnprintf(why, sizeof why, format, list); va_end(list);
  for (char *c = why; *c; c++) if (*c == '"' || *c == '\\' || *c == '\n') *c = '\'';
  say("failed", "\"why\": \"%s\"", why);
  _exit(1);
}

static void check(int code, const char *call) { if (code) fail("%s: CUDA error %d", call, code); }

/* Two threads have steps: a line and what it adds go together. */
static void step(const char *event) {
  flockfile(stdout);
  say(event, NULL);
  size_t used = strlen(steps);
  snprintf(steps + used, sizeof steps - used, "%s\"%s\": %.4f", used ? ", " : "", event, now() - began);
  funlockfile(stdout);
}

static void wait_before(const char *which) {
  char *at = strstr(waits, which), c;
  if (!at) return;
  say("waiting", "\"for\": \"%s\"", which);
  for (;;) {
    ssize_t n = read(0, &c, 1);
    if (n == 0) fail("standard input ended before %s", which);
    if (n < 0 && errno != EINTR) fail("standard input: %s", strerror(errno));
    if (n == 1 && c == '\n') return;
  }
}

static void read_whole(char *into, size_t length, size_t at) {
  while (length) {
    ssize_t n = pread(image, into, length, at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("%s.img: %s", name, strerror(errno));
    if (n == 0) fail("%s.img ends at %zu bytes", name, at);
    into += n; at += n; length -= n;
  }
}

static char *make_pieces(size_t number) {
  char *memory = mmap(NULL, number * piece_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("%zu x %zu bytes for pieces: %s", number, piece_size, strerror(errno));
  madvise(memory, number * piece_size, MADV_HUGEPAGE);
  Piece *pieces = calloc(number, sizeof *pieces);
  empty = calloc(number, sizeof *empty);
  full = calloc(number, sizeof *full);
  if (!pieces || !empty || !full) fail("no memory");
  for (; empties < number; empties++) {
    pieces[empties].memory = memory + empties * piece_size;
    empty[empties] = &pieces[empties];
  }
  return memory;
}

/* From the beginning: also while the context and the memory are still being made. The piece that was emptied last is
 * filled first, because it may still be in a CPU's cache. */
static void *read_pieces(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!empties) pthread_cond_wait(&emptied, &lock);
    if (next_piece >= size) break;
    Piece *piece = empty[--empties];
    piece->at = next_piece;
    piece->length = size - next_piece < piece_size ? size - next_piece : piece_size;
    next_piece += piece->length;
    pthread_mutex_unlock(&lock);
    read_whole(piece->memory, piece->length, piece->at);
    pthread_mutex_lock(&lock);
    full[fulls++] = piece;
    pthread_cond_signal(&filled);
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

/* Pieces that are copied together. */
typedef struct { void *stream; Piece **pieces; int number; } Burst;

static size_t begin(Burst *some) {
  pthread_mutex_lock(&lock);
  while (!fulls) pthread_cond_wait(&filled, &lock);
  while (fulls && some->number < burst) some->pieces[some->number++] = full[--fulls];
  pthread_mutex_unlock(&lock);
  size_t bytes = 0;
  for (int i = 0; i < some->number; i++) {
    Piece *piece = some->pieces[i];
    check(cuda.copy(base + piece->at, piece->memory, piece->length, some->stream), "cuMemcpyHtoDAsync");
    bytes += piece->length;
  }
  return bytes;
}

static void end(Burst *some) {
  if (!some->number) return;
  check(cuda.synchronize(some->stream), "cuStreamSynchronize");
  pthread_mutex_lock(&lock);
  while (some->number) {
    empty[empties++] = some->pieces[--some->number];
    pthread_cond_signal(&emptied);
  }
  pthread_mutex_unlock(&lock);
}

static void copy_pieces(void) {
  Burst bursts[2] = {0};
  for (int i = 0; i < 2; i++) {
    if (!(bursts[i].pieces = calloc(burst, sizeof *bursts[i].pieces))) fail("no memory");
    check(cuda.stream(&bursts[i].stream, NON_BLOCKING), "cuStreamCreate");
  }
  int turn = 0;
  for (size_t copied = 0; copied < size; turn = !turn) {
    copied += begin(&bursts[turn]);
    /* a client that has come was restored: from now on the next burst begins before this one has ended */
    end(&bursts[atomic_load(&came) ? !turn : turn]);
  }
  end(&bursts[0]);
  end(&bursts[1]);
}

static void read_blocks(void) {
  char path[300];
  snprintf(path, sizeof path, "%s.img", name);
  struct stat file;
  if ((image = open(path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(image, &file)) fail("%s: %s", path, strerror(errno));
  size = file.st_size;
  snprintf(path, sizeof path, "%s.blocks", name);
  FILE *list = fopen(path, "re");
  if (!list) fail("%s: %s", path, strerror(errno));
  size_t sum = 0, room = 0, bytes;
  if (fscanf(list, " device %d", &device) != 1) fail("%s does not begin with a device", path);
  while (fscanf(list, "%zu", &bytes) == 1) {
    if (count == room && !(blocks = realloc(blocks, (room = room * 2 + 64) * sizeof *blocks))) fail("no memory");
    blocks[count++] = bytes;
    sum += bytes;
  }
  fclose(list);
  if (!count || sum != size) fail("%s lists %zu bytes, %s.img has %zu", path, sum, name, size);
}

static int listen_here(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (snprintf(address.sun_path, sizeof address.sun_path, "%s.sock", offered) >= (int)sizeof address.sun_path)
    fail("the name %s is too long for a socket", offered);
  int server = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  unlink(address.sun_path);
  if (server < 0 || bind(server, (void *)&address, sizeof address) || listen(server, 1))
    fail("%s: %s", address.sun_path, strerror(errno));
  return server;
}

/* Each block has a descriptor, or two: a soft limit is often 1024. */
static void allow_descriptors(void) {
  struct rlimit most;
  if (getrlimit(RLIMIT_NOFILE, &most)) return;
  most.rlim_cur = most.rlim_max;
  setrlimit(RLIMIT_NOFILE, &most);
}

static void load_driver(void) {
  const char *path = getenv("CUDA_LIBRARY");
  void *library = dlopen(path && *path ? path : "libcuda.so.1", RTLD_NOW);
  if (!library) fail("%s", dlerror());
  for (size_t i = 0; i < sizeof SYMBOLS / sizeof *SYMBOLS; i++)
    if (!(*(void **)SYMBOLS[i].into = dlsym(library, SYMBOLS[i].name))) fail("the driver has no %s", SYMBOLS[i].name);
}

static void make_memory(void) {
  Properties properties = {.type = PINNED, .handle_types = POSIX_DESCRIPTOR, .location = {DEVICE, device}};
  Access access = {{DEVICE, device}, READ_WRITE};
  size_t granularity = 0, at = 0;
  check(cuda.granularity(&granularity, &properties, 0), "cuMemGetAllocationGranularity");
  check(cuda.reserve(&base, size, 0, 0, 0), "cuMemAddressReserve");
  if (!(handles = calloc(count, sizeof *handles))) fail("no memory");
  for (size_t i = 0; i < count; at += blocks[i++]) {
    if (blocks[i] % granularity) fail("block %zu has %zu bytes, no multiple of %zu", i, blocks[i], granularity);
    check(cuda.create(&handles[i], blocks[i], &properties, 0), "cuMemCreate");
    check(cuda.map(base + at, blocks[i], 0, handles[i], 0), "cuMemMap");
  }
  check(cuda.access(base, size, &access, 1), "cuMemSetAccess");
  step("memory");
}

static void send_message(int client, const char *text, const int *fds, size_t number) {
  char control[CMSG_SPACE(DESCRIPTORS_A_MESSAGE * sizeof(int))] = {0};
  struct iovec part = {(void *)text, strlen(text)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (number) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(number * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET; header->cmsg_type = SCM_RIGHTS; header->cmsg_len = CMSG_LEN(number * sizeof(int));
    memcpy(CMSG_DATA(header), fds, number * sizeof(int));
  }
  if (sendmsg(client, &message, MSG_NOSIGNAL) < 0) fail("the client: %s", strerror(errno));
}

static void wait_readable(int fd, const char *what) {
  struct pollfd one = {fd, POLLIN, 0};
  int n;
  while ((n = poll(&one, 1, patience * 1000)) < 0 && errno == EINTR) {}
  if (n == 0) fail("%s within %d s", what, patience);
}

/* Beside the copies: the client maps while this process still copies. Returns the client's socket. */
static void *hand_over(void *server) {
  int *descriptors = calloc(count, sizeof *descriptors), *client = malloc(sizeof *client);
  if (!descriptors || !client) fail("no memory");
  check(cuda.current(context), "cuCtxSetCurrent");
  for (size_t i = 0; i < count; i++)
    check(cuda.export_to(&descriptors[i], handles[i], POSIX_DESCRIPTOR, 0), "cuMemExportToShareableHandle");
  step("export");
  wait_readable(*(int *)server, "no client came");
  if ((*client = accept4(*(int *)server, NULL, NULL, SOCK_CLOEXEC)) < 0) fail("accept: %s", strerror(errno));
  atomic_store(&came, 1);
  say("client", NULL);
  for (size_t first = 0; first < count; first += DESCRIPTORS_A_MESSAGE) {
    size_t number = count - first < DESCRIPTORS_A_MESSAGE ? count - first : DESCRIPTORS_A_MESSAGE;
    char text[64];
    snprintf(text, sizeof text, "memory %zu %zu", first, number);
    send_message(*client, text, descriptors + first, number);
  }
  return client;
}

/* -1 for what is no number of this kind: none of these options has use for more than a million. */
static int whole(const char *value) {
  char *end;
  long number = strtol(value, &end, 10);
  return *end || number < 0 || number > 1000000 ? -1 : number;
}

static void options(int argc, char **argv) {
  cpu_set_t cpus;
  int share = sched_getaffinity(0, sizeof cpus, &cpus) ? 4 : CPU_COUNT(&cpus);
  if (argc < 3)
    fail("usage: weight-server FOLDER NAME [--cpus N] [--piece-mb N] [--burst N] [--patience S] [--linger S] "
         "[--wait STEPS] [--socket NAME]");
  name = offered = argv[2];
  for (int i = 3; i < argc; i += 2) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (!*value) fail("%s has no value", argv[i]);
    int number = whole(value);
    if (!strcmp(argv[i], "--socket")) offered = value;
    else if (!strcmp(argv[i], "--wait")) snprintf(waits, sizeof waits, "%s", value);
    else if (!strcmp(argv[i], "--cpus") && number > 0) share = number;
    else if (!strcmp(argv[i], "--piece-mb") && number > 0) piece_size = (size_t)number << 20;
    else if (!strcmp(argv[i], "--burst") && number > 0) burst = number;
    else if (!strcmp(argv[i], "--linger") && number >= 0) linger = number;
    else if (!strcmp(argv[i], "--patience") && number > 0) patience = number;
    else fail("%s %s: unknown, or no such value", argv[i], value);
  }
  threads = share > 10 ? 8 : share < 3 ? 1 : share - 2;
  /* two bursts at once leave pieces to read */
  int most = threads * PIECES_A_THREAD / 2;
  if (burst > most) burst = most;
  /* a socket's path is short: the folder's may be long */
  if (chdir(argv[1])) fail("%s: %s", argv[1], strerror(errno));
}

int main(int argc, char **argv) {
  began = now();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  options(argc, argv);
  say("started", "\"pid\": %d, \"threads\": %d", getpid(), threads);
  allow_descriptors();
  read_blocks();
  int server = listen_here();
  size_t pieces = PIECES_A_THREAD * threads;
  char *memory = make_pieces(pieces);
  pthread_t reader, client_thread;
  for (int i = 0; i < threads; i++) if (pthread_create(&reader, NULL, read_pieces, NULL)) fail("no thread");

  /* a context with one hardware queue is made sooner, and more are not used */
  setenv("CUDA_DEVICE_MAX_CONNECTIONS", "1", 1);
  load_driver();
  wait_before("context");
  check(cuda.init(0), "cuInit");
  step("init");
  int gpu;
  check(cuda.device(&gpu, device), "cuDeviceGet");
  check(cuda.context(&context, gpu), "cuDevicePrimaryCtxRetain");
  check(cuda.current(context), "cuCtxSetCurrent");
  step("context");
  wait_before("memory");
  make_memory();
  int unpinned = cuda.pin(memory, pieces * piece_size, 0) != 0;
  if (pthread_create(&client_thread, NULL, hand_over, &server)) fail("no thread");
  wait_before("copy");
  step("copying");
  copy_pieces();
  step("filled");
  say("image", "\"bytes\": %zu, \"blocks\": %zu, \"unpinned\": %d", size, count, unpinned);

  void *client;
  pthread_join(client_thread, &client);
  char text[640], answer[64];
  snprintf(text, sizeof text, "filled {\"began\": %.6f, %s, \"threads\": %d, \"unpinned\": %d}", began, steps, threads,
           unpinned);
  send_message(*(int *)client, text, NULL, 0);
  wait_readable(*(int *)client, "the client did not answer");
  ssize_t n = recv(*(int *)client, answer, sizeof answer, 0);
  if (n <= 0) fail("the client left before it had mapped the memory");
  char path[300];
  snprintf(path, sizeof path, "%s.sock", offered);
  unlink(path);
  say("handed-over", NULL);
  sleep(linger);
  _exit(0);
}
