// do graphs survive a stack limit that was lowered and put back? one case a process
#include <cuda.h>
#include <cuda_runtime.h>
#include <cstdio>
#include <cstdlib>
template <int N> __global__ void big(int *p, int k) {
  volatile int a[N];
  for (int i = 0; i < N; i++) a[i] = i * k;
  p[threadIdx.x] += a[(p[0] * 7 + threadIdx.x) % N];
}
int main(int c, char **v) {
  int mode = atoi(v[1]); int *p, h[4]; char *q[40] = {}; size_t f, t;
  cudaMalloc(&p, 4096); cudaStream_t s; cudaStreamCreate(&s); cudaGraph_t g; cudaGraphExec_t x;
  if (mode >= 4) { big<1024><<<1, 32>>>(p, 3); cudaDeviceSynchronize(); }
  size_t old; cuCtxGetLimit(&old, CU_LIMIT_STACK_SIZE);
  auto grab = [&](int n, size_t size) { for (int i = 0; i < n; i++) if (!q[i]) { cudaMalloc(&q[i], size); cudaMemset(q[i], 0xee, size); } };
  cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal);
  if (mode >= 4) big<1024><<<4, 32, 0, s>>>(p, 3); else big<200><<<4, 32, 0, s>>>(p, 3);
  cudaStreamEndCapture(s, &g); cudaGraphInstantiate(&x, g, 0);
  auto run = [&](const char *w) { cudaMemset(p, 0, 4096); cudaGraphLaunch(x, s); int r = cudaStreamSynchronize(s); cudaMemcpy(h, p, 16, cudaMemcpyDeviceToHost); cuMemGetInfo(&f, &t); printf("mode %d %-28s -> %d: %d %d %d %d  used %.1f MB\n", mode, w, r, h[0], h[1], h[2], h[3], (t - f) / 1e6); fflush(stdout); };
  run("before"); run("before");
  printf("limit was %zu, to 0: %d\n", old, cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 0));
  if (mode % 4 == 1) grab(1, 300 << 20);             // where the stacks were
  if (mode % 4 == 2) grab(40, 64 << 20);
  if (mode % 4 == 3) { run("not put back"); return 0; }
  printf("back: %d\n", cuCtxSetLimit(CU_LIMIT_STACK_SIZE, old));
  run("after"); run("after");
  unsigned char b = 0; int bad = 0; for (int i = 0; i < 40; i++) if (q[i]) { cudaMemcpy(&b, q[i], 1, cudaMemcpyDeviceToHost); bad += b != 0xee; }
  static unsigned char whole[64 << 20]; for (int i = 0; i < 40; i++) if (q[i]) { cudaMemcpy(whole, q[i], sizeof whole, cudaMemcpyDeviceToHost); for (size_t j = 0; j < sizeof whole; j++) if (whole[j] != 0xee) { bad++; break; } }
  printf("blocks of others that were written to: %d\n", bad);
}
