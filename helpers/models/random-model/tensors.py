"""The tensors of a Qwen2 model, by name and shape. Source: transformers, models/qwen2/modeling_qwen2.py."""

NORM, BIAS, MATRIX = "norm", "bias", "matrix"


def tensors(config):
    """Yields (name, shape, kind) in the order of the file."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    head = hidden // config["num_attention_heads"]
    key_value = config["num_key_value_heads"] * head
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden), MATRIX
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}"
        yield f"{layer}.input_layernorm.weight", (hidden,), NORM
        for name, out in (("q", hidden), ("k", key_value), ("v", key_value)):
            yield f"{layer}.self_attn.{name}_proj.weight", (out, hidden), MATRIX
            yield f"{layer}.self_attn.{name}_proj.bias", (out,), BIAS
        yield f"{layer}.self_attn.o_proj.weight", (hidden, hidden), MATRIX
        yield f"{layer}.post_attention_layernorm.weight", (hidden,), NORM
        yield f"{layer}.mlp.gate_proj.weight", (inner, hidden), MATRIX
        yield f"{layer}.mlp.up_proj.weight", (inner, hidden), MATRIX
        yield f"{layer}.mlp.down_proj.weight", (hidden, inner), MATRIX
    yield "model.norm.weight", (hidden,), NORM
    if not config["tie_word_embeddings"]:
        yield "lm_head.weight", (config["vocab_size"], hidden), MATRIX


def elements(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def header(config):
    """The safetensors header, padded to 8 bytes, as it stands in the file; all tensors are bf16."""
    import json
    import struct

    entries, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape, _ in tensors(config):
        end = offset + 2 * elements(shape)
        entries[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
