"""Writes a model with random weights: config.json, model.safetensors, a tokenizer; or a LoRA adapter for one.

Needs torch; no GPU.

python3 make.py model FOLDER SEED SHAPE LAYERS QUANTIZATION        LAYERS 0: all; QUANTIZATION none or fp8
python3 make.py lora FOLDER SEED MODEL RANK                        MODEL: the folder of the model
"""

import concurrent.futures
import json
import os
import sys
import time

from tensors import BYTES, SCALE, adapter, dtype, elements, header, tensors
from tokenizer import write_tokenizer
from values import Pool


UNUSABLE = 2
WRITERS = 8
# so large that the answers of a model differ with it
LORA_DEVIATION = 0.1


def main(what, folder, seed, *rest):
    try:
        import torch
    except ImportError as error:
        print(
            f"{sys.executable} has no torch ({error}): run it where vLLM runs, or name that Python with --python",
            file=sys.stderr,
        )
        return UNUSABLE
    began = time.monotonic()
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0))))
    os.makedirs(folder, exist_ok=True)
    made = {"model": model, "lora": lora}[what](torch, folder, int(seed), *rest)
    print(json.dumps({**made, "seconds": round(time.monotonic() - began, 1)}))
    return 0


def model(torch, folder, seed, shape, layers, quantization):
    config = configuration(shape, int(layers), quantization)
    pool = Pool(torch, seed, config["initializer_range"])
    made = write_tensors(f"{folder}/model.safetensors", config, list(tensors(config)), pool)
    write_tokenizer(folder, config)
    ends = {name: config[name] for name in ("bos_token_id", "eos_token_id")}
    write_json(f"{folder}/generation_config.json", {**ends, "do_sample": False})
    # last: a folder with a config.json is whole; reports say that such a model's words mean nothing
    write_json(f"{folder}/config.json", {**config, "random_weights_seed": seed})
    return made


def configuration(shape, layers, quantization):
    known = read_json(beside("shapes.json"))[shape]
    config = {**read_json(beside("families.json"))[known["family"]], **known["config"]}
    if layers:
        config["num_hidden_layers"] = layers
    if quantization == "fp8":
        config["quantization_config"] = {"quant_method": "fp8", "activation_scheme": "dynamic"}
    return config


def lora(torch, folder, seed, model_folder, rank):
    config = {**read_json(os.path.join(model_folder, "config.json"))}
    config.pop("quantization_config", None)
    pool = Pool(torch, seed, LORA_DEVIATION, 1 << 24)
    listed = list(adapter(config, int(rank)))
    made = write_tensors(f"{folder}/adapter_model.safetensors", config, listed, pool)
    write_json(
        f"{folder}/adapter_config.json",
        {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": model_folder,
            "r": int(rank),
            "lora_alpha": int(rank),
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"],
        },
    )
    return made


def write_tensors(path, config, listed, pool):
    """The file appears under its name when it is whole. Several threads write: one fills a tmpfs at 2 GB/s."""
    head = header(config, listed)
    jobs, offset = [], len(head)
    for _, shape, kind in listed:
        form = dtype(kind, config)
        for piece in pool.pieces(elements(shape), kind, form, BYTES[form]):
            jobs.append((offset, piece))
            offset += len(piece)
    with open(f"{path}.part", "wb", buffering=0) as file:
        file.truncate(offset)
        write_at(file, 0, memoryview(head))
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as threads:
            list(threads.map(lambda job: write_at(file, *job), jobs))
    os.replace(f"{path}.part", path)
    return {"parameters": sum(elements(shape) for _, shape, kind in listed if kind != SCALE), "bytes": offset}


def write_at(file, offset, view):
    """One write(2) takes at most 2 GiB."""
    while view:
        written = os.pwrite(file.fileno(), view[: 1 << 30], offset)
        offset, view = offset + written, view[written:]


def beside(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


def read_json(path):
    with open(path) as file:
        return json.load(file)


def write_json(path, content):
    with open(path, "w") as file:
        json.dump(content, file, indent=2)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
