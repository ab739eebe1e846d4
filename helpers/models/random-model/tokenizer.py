"""A byte-level tokenizer without merges: every byte is a token, every further id a word: all ids decode to text."""

import json


def byte_letters():
    """GPT-2's printable letter for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in printable)
    return sorted([chr(byte) for byte in printable] + [chr(256 + i) for i, _ in enumerate(others)])


def tokenizer(size):
    """tokenizer.json of the library tokenizers, with ids 0 to size - 1."""
    vocabulary = {letter: i for i, letter in enumerate(byte_letters())}
    vocabulary.update((f"w{i}", i) for i in range(len(vocabulary), size))
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [],
        },
    }


def write_tokenizer(folder, config):
    with open(f"{folder}/tokenizer.json", "w") as file:
        json.dump(tokenizer(config["vocab_size"]), file, ensure_ascii=False)
    with open(f"{folder}/tokenizer_config.json", "w") as file:
        json.dump(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": config["max_position_embeddings"],
                "eos_token": f"w{config['eos_token_id']}",
                "pad_token": f"w{config['bos_token_id']}",
            },
            file,
        )
