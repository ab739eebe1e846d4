// what the driver keeps for stacks of GPU threads, and what cuCtxSetLimit does about it
#include <cuda.h>
#include <cuda_runtime.h>
#include <chrono>
#include <cstdio>
static double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
__global__ void small(int *p) { p[threadIdx.x] += 1; }
template <int N> __global__ void big(int *p, int k) {
  volatile int a[N];
  for (int i = 0; i < N; i++) a[i] = i * k;
  p[threadIdx.x] += a[(p[0] * 7 + threadIdx.x) % N];
}
static void say(const char *what, double t = -1) {
  size_t f, t2, s; CUresult r = cuMemGetInfo(&f, &t2); cuCtxGetLimit(&s, CU_LIMIT_STACK_SIZE);
  printf("%-44s used %7.1f MB  stack %5zu  %s", what, (t2 - f) / 1e6, s, r ? "ERR" : ""); if (t >= 0) printf(" %.4f s", t); printf("  last %d\n", (int)cudaDeviceSynchronize()); fflush(stdout);
}
static void limit(size_t v) { double b = now(); CUresult r = cuCtxSetLimit(CU_LIMIT_STACK_SIZE, v); double e = now() - b; char w[80]; snprintf(w, 80, "cuCtxSetLimit(%zu) -> %d", v, (int)r); say(w, e); }
int main() {
  cudaFree(0); say("context");
  int *p; cudaMalloc(&p, 4096); cudaMemset(p, 0, 4096); say("4 kB");
  small<<<1, 32>>>(p); cudaDeviceSynchronize(); say("small kernel");
  limit(0); small<<<1, 32>>>(p); cudaDeviceSynchronize(); say("small kernel again");
  limit(1024);
  big<512><<<1, 32>>>(p, 3); cudaDeviceSynchronize(); say("2 kB kernel");
  big<1024><<<1, 32>>>(p, 3); cudaDeviceSynchronize(); say("4 kB kernel");
  int h[4]; cudaMemset(p, 0, 4096);
  cudaStream_t s; cudaStreamCreate(&s); cudaGraph_t g; cudaGraphExec_t x, y;
  cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal); small<<<1, 32, 0, s>>>(p); big<1024><<<4, 32, 0, s>>>(p, 3); cudaStreamEndCapture(s, &g); cudaGraphInstantiate(&x, g, 0); say("graph with 4 kB kernel instantiated");
  cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal); small<<<1, 32, 0, s>>>(p); cudaStreamEndCapture(s, &g); cudaGraphInstantiate(&y, g, 0); say("graph with small kernel instantiated");
  auto run = [&](cudaGraphExec_t e, const char *w) { cudaMemset(p, 0, 4096); double b = now(); cudaGraphLaunch(e, s); int r = cudaStreamSynchronize(s); double t = now() - b; cudaMemcpy(h, p, 16, cudaMemcpyDeviceToHost); char n[80]; snprintf(n, 80, "%s -> %d: %d %d %d %d", w, r, h[0], h[1], h[2], h[3]); say(n, t); };
  run(x, "graph 4 kB"); run(x, "graph 4 kB"); run(y, "graph small");
  limit(0); run(y, "graph small"); run(x, "graph 4 kB"); run(x, "graph 4 kB");
  limit(0); limit(1024); run(x, "graph 4 kB");
  limit(0); limit(4096); run(x, "graph 4 kB");
  big<2048><<<1, 32>>>(p, 3); cudaDeviceSynchronize(); say("8 kB kernel");
  run(x, "graph 4 kB"); run(y, "graph small"); limit(0); run(x, "graph 4 kB");
}
