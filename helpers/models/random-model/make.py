"""Writes a model with random bf16 weights: config.json, model.safetensors, a tokenizer.

Needs torch; on a GPU where there is one.

python3 make.py SHAPE FOLDER SEED
"""

import json
import os
import sys
import time

from tensors import NORM, elements, header, tensors
from tokenizer import write_tokenizer

COMMON = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "attention_dropout": 0.0,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "max_position_embeddings": 32768,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0,
    "sliding_window": 32768,
    "use_cache": True,
    "use_sliding_window": False,
    "torch_dtype": "bfloat16",
}
UNUSABLE = 2


def main(shape, folder, seed):
    try:
        import torch
    except ImportError as error:
        print(
            f"{sys.executable} has no torch ({error}): run it where vLLM runs, or name that Python with --python",
            file=sys.stderr,
        )
        return UNUSABLE
    began = time.monotonic()
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "shapes.json")) as file:
        config = {**COMMON, **json.load(file)[shape]["config"]}
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0))))
    generator = torch.Generator(device).manual_seed(seed)
    os.makedirs(folder, exist_ok=True)
    part = f"{folder}/model.safetensors.part"
    parameters = 0
    with open(part, "wb", buffering=0) as file:
        write_all(file, memoryview(header(config)))
        for _, size, kind in tensors(config):
            values = torch.empty(size, dtype=torch.bfloat16, device=device).normal_(
                0, config["initializer_range"], generator=generator
            )
            if kind == NORM:
                values += 1
            write_all(file, memoryview(values.view(torch.uint8).cpu().numpy()).cast("B"))
            parameters += elements(size)
    os.replace(part, f"{folder}/model.safetensors")
    write_tokenizer(folder, config)
    with open(f"{folder}/generation_config.json", "w") as file:
        json.dump(
            {"bos_token_id": config["bos_token_id"], "eos_token_id": config["eos_token_id"], "do_sample": False}, file
        )
    # last: a folder with a config.json is whole
    with open(f"{folder}/config.json", "w") as file:
        # reports say that such a model talks noise
        json.dump({**config, "random_weights_seed": seed}, file, indent=2)
    print(
        json.dumps(
            {
                "parameters": parameters,
                "bytes": os.path.getsize(f"{folder}/model.safetensors"),
                "device": device,
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    )
    return 0


def write_all(file, view):
    """One write(2) takes at most 2 GiB."""
    while view:
        view = view[file.write(view[: 1 << 30]) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
