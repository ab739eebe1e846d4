/* The driver's memory calls without a GPU, for tests: GPU memory is a memfd that is mapped where it was reserved, so it
 * can be handed from process to process as the driver's own can. With FAKE_CUDA_JOIN a process that makes a context is
 * one that the checkpoint calls of fake-libcuda.c know. FAKE_CUDA_REFUSE: name of a call that answers 999.
 * FAKE_CUDA_CONTEXT_MS: how long a context takes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REFUSABLE if (refused(__func__)) return 999
static int refused(const char *call) {
  const char *name = getenv("FAKE_CUDA_REFUSE");
  return name && !strcmp(name, call);
}

int cuDeviceGet(int *device, int number) { REFUSABLE; *device = number; return 0; }
int cuDevicePrimaryCtxRetain(void **context, int device) {
  REFUSABLE;
  (void)device;
  const char *ms = getenv("FAKE_CUDA_CONTEXT_MS"), *folder = getenv("FAKE_CUDA_DIR");
  if (ms) usleep(atoi(ms) * 1000);
  if (folder && getenv("FAKE_CUDA_JOIN")) {
    char path[512];
    snprintf(path, sizeof path, "%s/%d", folder, getpid());
    FILE *state = fopen(path, "wx");
    if (state) { fputc('r', state); fclose(state); }
  }
  *context = (void *)1;
  return 0;
}
int cuCtxSetCurrent(void *context) { return context ? 0 : 201; }
int cuCtxSynchronize(void) { return 0; }
int cuCtxGetLimit(size_t *value, int limit) { (void)limit; *value = 1024; return 0; }
int cuCtxSetLimit(int limit, size_t value) { (void)limit; (void)value; return 0; }
int cuModuleLoadData(void **module, const void *image) { *module = (void *)1; return image ? 0 : 1; }

int cuMemGetAllocationGranularity(size_t *bytes, const void *properties, int option) {
  REFUSABLE;
  (void)properties; (void)option;
  *bytes = 4096;
  return 0;
}
int cuMemCreate(uint64_t *handle, size_t size, const void *properties, uint64_t flags) {
  REFUSABLE;
  (void)properties;
  if (flags || size % 4096) return 1;
  int fd = memfd_create("gpu", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, size)) return 2;
  *handle = fd;
  return 0;
}
int cuMemRelease(uint64_t handle) { REFUSABLE; return close(handle) ? 1 : 0; }
int cuMemAddressReserve(uint64_t *address, size_t size, size_t alignment, uint64_t wanted, uint64_t flags) {
  REFUSABLE;
  (void)alignment; (void)flags;
  void *at = mmap((void *)wanted, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  *address = (uint64_t)at;
  return at == MAP_FAILED ? 2 : 0;
}
int cuMemMap(uint64_t address, size_t size, size_t offset, uint64_t handle, uint64_t flags) {
  REFUSABLE;
  if (offset || flags || lseek(handle, 0, SEEK_END) != (off_t)size) return 1;
  return mmap((void *)address, size, PROT_NONE, MAP_SHARED | MAP_FIXED, handle, 0) == MAP_FAILED ? 2 : 0;
}
int cuMemSetAccess(uint64_t address, size_t size, const void *access, size_t number) {
  REFUSABLE;
  return access && number == 1 && !mprotect((void *)address, size, PROT_READ | PROT_WRITE) ? 0 : 1;
}
int cuMemUnmap(uint64_t address, size_t size) {
  REFUSABLE;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  return mmap((void *)address, size, PROT_NONE, flags, -1, 0) == MAP_FAILED;
}
int cuMemExportToShareableHandle(void *fd, uint64_t handle, int type, uint64_t flags) {
  REFUSABLE;
  *(int *)fd = fcntl(handle, F_DUPFD_CLOEXEC, 3);
  return type == 1 && !flags && *(int *)fd > 0 ? 0 : 1;
}
int cuMemImportFromShareableHandle(uint64_t *handle, void *fd, int type) {
  REFUSABLE;
  int own = fcntl((intptr_t)fd, F_DUPFD_CLOEXEC, 3);
  *handle = own;
  return type == 1 && own > 0 ? 0 : 1;
}

int cuMemAlloc_v2(uint64_t *address, size_t size) { REFUSABLE; return (*address = (uint64_t)malloc(size)) ? 0 : 2; }
int cuMemHostRegister_v2(void *at, size_t size, unsigned flags) { REFUSABLE; (void)size; return at && !flags ? 0 : 1; }
int cuMemHostUnregister(void *at) { return at ? 0 : 1; }
int cuStreamCreate(void **stream, unsigned flags) { REFUSABLE; (void)flags; *stream = (void *)1; return 0; }
int cuStreamSynchronize(void *stream) { REFUSABLE; return stream ? 0 : 1; }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t size, void *stream) {
  REFUSABLE;
  (void)stream;
  memcpy((void *)to, from, size);
  return 0;
}
int cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t size) { REFUSABLE; memcpy((void *)to, from, size); return 0; }
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t size) { REFUSABLE; memcpy(to, (void *)from, size); return 0; }
int cuMemsetD8_v2(uint64_t to, unsigned char byte, size_t size) { memset((void *)to, byte, size); return 0; }
int cuMemGetInfo_v2(size_t *available, size_t *total) { *available = 70ul << 30; *total = 80ul << 30; return 0; }
int cuMemHostAlloc(void **at, size_t size, unsigned flags) {
  REFUSABLE;
  (void)flags;
  return (*at = malloc(size)) ? 0 : 2;
}
