/* A process with few pages, so no libc: three filled pages, twenty of zeros and two filled ones in a mapping of 64, and
 * a heap. */
static long call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}
void _start(void) {
  call(112, 0, 0, 0, 0, 0, 0); /* setsid */
  volatile char *memory = (char *)call(9, 0x10000000, 64 * 4096, 3, 0x32, -1, 0); /* mmap */
  for (int i = 0; i < 3 * 4096; i += 64) memory[i] = i / 64 + 1;
  for (int i = 3; i < 23; i++) memory[i * 4096] = 0;
  for (int i = 23 * 4096; i < 25 * 4096; i += 64) memory[i] = 7;
  long end = call(12, 0, 0, 0, 0, 0, 0); /* brk */
  call(12, end + 3 * 4096, 0, 0, 0, 0, 0);
  volatile char *heap = (char *)end;
  for (int i = 0; i < 2 * 4096; i += 64) heap[i] = 9;
  long pause[2] = {1000, 0};
  for (;;) call(35, (long)pause, 0, 0, 0, 0, 0); /* nanosleep */
}
