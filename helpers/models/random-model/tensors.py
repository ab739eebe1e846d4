"""The tensors of a model by name, shape and kind.

Sources: transformers, models/qwen2, llama and qwen2_moe; FP8: vLLM's quantization/fp8.py.
"""

import json
import struct

# NORM: about 1; MATRIX: a layer's weights, which a quantization shrinks; PLAIN: those that it leaves alone
NORM, BIAS, MATRIX, PLAIN, SCALE = "norm", "bias", "matrix", "plain", "scale"

BF16, FP8, F32 = "BF16", "F8_E4M3", "F32"
BYTES = {BF16: 2, FP8: 1, F32: 4}


def tensors(config):
    """Yields (name, shape, kind) in the order of the file."""
    for name, shape, kind in unquantized(config):
        yield name, shape, kind
        if kind == MATRIX and is_fp8(config):
            yield f"{name}_scale", (1,), SCALE


def is_fp8(config):
    return "quantization_config" in config


def dtype(kind, config):
    if kind == SCALE:
        return F32
    return FP8 if kind == MATRIX and is_fp8(config) else BF16


def unquantized(config):
    hidden = config["hidden_size"]
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden), PLAIN
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}"
        yield f"{layer}.input_layernorm.weight", (hidden,), NORM
        yield from attention(f"{layer}.self_attn", config)
        yield f"{layer}.post_attention_layernorm.weight", (hidden,), NORM
        yield from (experts if "num_experts" in config else dense)(f"{layer}.mlp", config)
    yield "model.norm.weight", (hidden,), NORM
    if not config["tie_word_embeddings"]:
        yield "lm_head.weight", (config["vocab_size"], hidden), PLAIN


def attention(layer, config):
    hidden = config["hidden_size"]
    key_value = config["num_key_value_heads"] * (hidden // config["num_attention_heads"])
    for name, out in (("q", hidden), ("k", key_value), ("v", key_value)):
        yield f"{layer}.{name}_proj.weight", (out, hidden), MATRIX
        if config["model_type"] != "llama":
            yield f"{layer}.{name}_proj.bias", (out,), BIAS
    yield f"{layer}.o_proj.weight", (hidden, hidden), MATRIX


def dense(layer, config):
    yield from gated(layer, config["hidden_size"], config["intermediate_size"])


def gated(layer, hidden, inner):
    yield f"{layer}.gate_proj.weight", (inner, hidden), MATRIX
    yield f"{layer}.up_proj.weight", (inner, hidden), MATRIX
    yield f"{layer}.down_proj.weight", (hidden, inner), MATRIX


def experts(layer, config):
    hidden = config["hidden_size"]
    yield f"{layer}.gate.weight", (config["num_experts"], hidden), PLAIN
    for number in range(config["num_experts"]):
        yield from gated(f"{layer}.experts.{number}", hidden, config["moe_intermediate_size"])
    yield from gated(f"{layer}.shared_expert", hidden, config["shared_expert_intermediate_size"])
    yield f"{layer}.shared_expert_gate.weight", (1, hidden), PLAIN


def adapter(config, rank):
    """A LoRA adapter of the attention's matrices, as peft names its tensors."""
    for name, shape, kind in attention_of_all_layers(config):
        if kind == MATRIX:
            out, width = shape
            prefix = f"base_model.model.{name.removesuffix('.weight')}"
            yield f"{prefix}.lora_A.weight", (rank, width), PLAIN
            yield f"{prefix}.lora_B.weight", (out, rank), PLAIN


def attention_of_all_layers(config):
    for number in range(config["num_hidden_layers"]):
        yield from attention(f"model.layers.{number}.self_attn", config)


def elements(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def header(config, listed=None):
    """The safetensors header, padded to 8 bytes, as it stands in the file."""
    entries, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape, kind in listed or tensors(config):
        form = dtype(kind, config)
        end = offset + BYTES[form] * elements(shape)
        entries[name] = {"dtype": form, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
