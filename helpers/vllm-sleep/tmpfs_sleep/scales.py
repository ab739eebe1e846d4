"""Scales of an FP8 KV cache, which the wake-up brings back with the weights."""

import functools
import sys

NAMES = ("_k_scale", "k_scale", "_v_scale", "v_scale")


def keep_scales():
    """vLLM 0.26's first model runner sets all of them to 1 when it wakes, calibrated ones too: its own level 2 has none
    to bring back. Here they keep the values that they have. Its second runner leaves them alone."""
    runner = getattr(sys.modules.get("vllm.v1.worker.gpu_model_runner"), "GPUModelRunner", None)
    reset = getattr(runner, "init_fp8_kv_scales", None)
    if reset is None or hasattr(reset, "keeps_scales"):
        return
    import torch

    @functools.wraps(reset)
    def init_fp8_kv_scales(self):
        # they were made in this mode, and outside of it nothing may be written to them
        with torch.inference_mode():
            layers = self.compilation_config.static_forward_context.values()
            found = [getattr(layer, name, None) for layer in layers for name in NAMES]
            before = [(scale, scale.clone()) for scale in found if isinstance(scale, torch.Tensor)]
            reset(self)
            for scale, value in before:
                scale.copy_(value)

    init_fp8_kv_scales.keeps_scales = True
    runner.init_fp8_kv_scales = init_fp8_kv_scales
