import contextlib
import ctypes
import importlib.metadata
import io
import json
import os
import socket
import sys
import tempfile
import threading
import types
import unittest
import unittest.mock
import zlib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tests.stubs import Factory, World, install  # noqa: E402

MB = 1 << 20


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name, value in {"DIR": self.folder.name, "CHUNK_MB": "1", "UNPIN_AFTER": "0", "KEEP_MB": "0"}.items():
            os.environ[f"TMPFS_SLEEP_{name}"] = value
            self.addCleanup(os.environ.pop, f"TMPFS_SLEEP_{name}", None)
        self.world = World()
        install(self.world)
        self.addCleanup(self.join_threads)
        for name in [name for name in sys.modules if name == "tmpfs_sleep.backend"]:
            del sys.modules[name]
        import tmpfs_sleep.backend

        self.module = tmpfs_sleep.backend
        # three blocks whose ends lie across the pieces' ends
        self.weights = {}
        for size in (MB + 4096, 512 << 10, 2 * MB):
            self.allocate_kept("weights", os.urandom(size))
        self.kv = self.world.allocate("kv_cache", b"k" * MB)

    def allocate_kept(self, tag, content):
        """A block that must come back as it is."""
        self.weights[self.world.allocate(tag, content)] = content

    @staticmethod
    def join_threads():
        """What unpins later would still be there in the next test."""
        for thread in threading.enumerate():
            if thread.name.startswith("tmpfs-sleep"):
                thread.join()

    def calls(self, name):
        return [call[1:] for call in self.world.calls if call[0] == name]

    def printed(self, work):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            work()
        lines = [line.split(" ", 2) for line in out.getvalue().splitlines()]
        self.assertTrue(all(line[0] == "tmpfs-sleep:" for line in lines), lines)
        return [(what, json.loads(detail) if detail.startswith("{") else detail) for _, what, detail in lines]

    def backend(self):
        return self.module.TmpfsBackend()

    def assert_weights_are_back(self):
        for address, content in self.weights.items():
            self.assertEqual(self.world.read(address), content)
        self.assertFalse(any(data.is_asleep for data in self.world.pointer_to_data.values()))


class LevelTwo(Case):
    def test_the_weights_leave_the_process_and_come_back_bit_for_bit(self):
        backend = self.backend()
        said = dict(self.printed(lambda: backend.suspend(2)))
        self.assertEqual(said["saved"]["bytes"], sum(map(len, self.weights.values())))
        self.assertEqual(os.path.getsize(said["saved"]["file"]), said["saved"]["bytes"])
        self.assertEqual(said["left"], {"torch": 5, "device": 30})
        self.assertEqual(self.calls("vllm.sleep"), [((),)])
        said = dict(self.printed(lambda: backend.resume()))
        self.assert_weights_are_back()
        self.assertEqual(backend.state() if hasattr(backend, "state") else backend._state, "RUNNING")
        self.assertEqual(said["wake"]["blocks"], 4)
        self.assertEqual(said["wake"]["mapped_bytes"], said["wake"]["bytes"] + MB)
        self.assertEqual(set(said["wake"]["seconds"]), {"mapped", "copied"})

    def test_the_cache_is_released_before_the_weights_are_copied(self):
        for level in (2, 1):
            with self.subTest(level=level):
                backend, first = self.backend(), len(self.world.calls)
                self.printed(lambda: backend.suspend(level))
                calls = self.world.calls[first:]
                gone = calls.index(("cuMemUnmap", self.kv))
                kept = next(index for index, call in enumerate(calls) if call[0] in ("cudaMemcpy", "vllm.sleep"))
                self.assertLess(calls.index(("cudaDeviceSynchronize",)), gone)
                self.assertLess(gone, kept)
                self.printed(backend.resume)
                self.assert_weights_are_back()

    def test_where_the_driver_does_not_release_the_cache_vllm_does(self):
        self.world.refuse["cuMemUnmap"] = 1
        said = self.printed(lambda: self.backend().suspend(2))
        why = "the KV cache is released with everything else: cuMemUnmap: CUDA error 1"
        self.assertEqual(said[0], ("fallback", why))
        self.assertTrue(all(data.is_asleep for data in self.world.pointer_to_data.values()))

    def test_nothing_is_copied_before_its_memory_is_mapped(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        names = [call[0] for call in self.world.calls]
        woken = names.index("vllm.sleep")
        first_copy = names.index("cudaMemcpy", woken)
        mapped = {call[1] for call in self.world.calls[:first_copy] if call[0] == "cuMemSetAccess"}
        self.assertLessEqual(set(self.weights), mapped)

    def test_one_reader_and_pieces_larger_than_the_file(self):
        os.environ.update(TMPFS_SLEEP_READERS="1", TMPFS_SLEEP_CHUNK_MB="64")
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_READERS")
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assert_weights_are_back()

    def test_all_gpu_memory_is_mapped_as_plain_device_memory(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assertEqual(len(self.calls("cuMemCreate")), 4)
        for size, kind, location, device, handle_types, rdma in self.calls("cuMemCreate"):
            self.assertEqual((kind, location, device, handle_types, rdma), (1, 1, 0, 0, 0))
        self.assertEqual({address for address, _ in self.calls("cuMemMap")}, {*self.weights, self.kv})
        self.assertTrue(
            all(access == (3, 1) for _, *access in self.calls("cuMemSetAccess") for access in [tuple(access)])
        )

    def test_vllm_finds_the_new_handles_where_it_will_release_them(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assertTrue(all(handle.value >= 100 for handle in self.world.handles.values()))

    def test_rdma_on_request(self):
        os.environ["TMPFS_SLEEP_RDMA"] = "1"
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_RDMA")
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assertTrue(all(call[-1] == 1 for call in self.calls("cuMemCreate")))

    def test_weights_and_kv_cache_one_after_the_other(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.printed(lambda: backend.resume(["weights"]))
        self.assertTrue(self.world.pointer_to_data[self.kv].is_asleep)
        self.printed(lambda: backend.resume(["kv_cache"]))
        self.assert_weights_are_back()

    def test_weights_then_all_the_rest(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.printed(lambda: backend.resume(["weights"]))
        said = dict(self.printed(lambda: backend.resume()))
        self.assertEqual(said["wake"]["blocks"], 1)
        self.assert_weights_are_back()

    def test_again_and_again(self):
        backend = self.backend()
        for _ in range(3):
            self.printed(lambda: (backend.suspend(2), backend.resume()))
            self.assert_weights_are_back()
        self.printed(lambda: backend.suspend(2))
        self.assertEqual(len(self.calls("cudaHostUnregister")), len(self.calls("cudaHostRegister")))


class Stays(Case):
    """The process is never dumped: its image stays mapped and pinned."""

    def setUp(self):
        super().setUp()
        os.environ["TMPFS_SLEEP_STAYS"] = "1"
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_STAYS")
        sums = unittest.mock.patch("tmpfs_sleep.unchanged.checksums", self.checksums)
        sums.start()
        self.addCleanup(sums.stop)

    @staticmethod
    def checksums(blocks):
        """What torch makes on the GPU."""
        return {block: zlib.crc32(ctypes.string_at(block[1], block[2])) for block in blocks}

    def change(self):
        for address, content in self.weights.items():
            self.weights[address] = os.urandom(len(content))
            ctypes.memmove(address, self.weights[address], len(content))

    def test_pinned_once_and_what_changed_meanwhile_comes_back(self):
        backend = self.backend()
        for _ in range(3):
            self.change()
            said = dict(self.printed(lambda: (backend.suspend(2), backend.resume())))
            self.assert_weights_are_back()
            self.assertIs(said["wake"]["stays"], True)
            self.assertEqual(said["wake"]["bytes"], said["saved"]["bytes"])
        self.assertEqual(self.calls("cudaHostRegister"), [(said["saved"]["bytes"],)])
        self.assertEqual(self.calls("cudaHostUnregister"), [])

    def saved(self, backend):
        """Bytes that a sleep copied, of how many."""
        said = dict(self.printed(lambda: (backend.suspend(2), backend.resume())))["saved"]
        return said["copied_bytes"], said["bytes"]

    def assert_copies_all(self, backend):
        copied, size = self.saved(backend)
        self.assertEqual(copied, size)

    def test_what_did_not_change_is_not_copied_again(self):
        backend, size = self.backend(), sum(map(len, self.weights.values()))
        self.assertEqual(self.saved(backend), (size, size))
        copied = len(self.calls("cudaMemcpy"))
        self.assertEqual(self.saved(backend), (0, size))
        # those of the wake-up alone
        self.assertEqual(len(self.calls("cudaMemcpy")), copied + len(self.weights))
        self.assert_weights_are_back()
        address = list(self.weights)[1]
        self.weights[address] = bytes(len(self.weights[address]))
        ctypes.memset(address, 0, len(self.weights[address]))
        self.assertEqual(self.saved(backend), (len(self.weights[address]), size))
        self.assert_weights_are_back()

    def test_the_same_content_at_another_place_of_the_file_is_copied(self):
        backend = self.backend()
        first = next(iter(self.weights))
        self.saved(backend)
        # the first block goes, and comes back last
        self.world.pointer_to_data[first] = self.world.pointer_to_data.pop(first)
        self.assert_copies_all(backend)
        self.assert_weights_are_back()

    def test_after_a_copy_that_failed_all_is_copied(self):
        backend = self.backend()
        self.saved(backend)
        self.change()
        self.world.refuse["cudaMemcpy"] = 700
        self.printed(lambda: backend.suspend(2))
        self.world.refuse.clear()
        self.printed(lambda: backend.resume())
        self.assert_copies_all(backend)
        self.assert_weights_are_back()

    def test_without_checksums_all_is_copied_and_it_is_said(self):
        backend = self.backend()
        self.saved(backend)
        with unittest.mock.patch("tmpfs_sleep.unchanged.checksums", side_effect=RuntimeError("no kernel")):
            said = dict(self.printed(lambda: (backend.suspend(2), backend.resume())))
        self.assertIn("no kernel", said["fallback"])
        self.assertEqual(said["saved"]["copied_bytes"], said["saved"]["bytes"])
        self.assert_copies_all(backend)
        self.assertEqual(self.saved(backend)[0], 0)
        self.assert_weights_are_back()

    def test_the_file_has_what_sleeps(self):
        backend = self.backend()
        self.change()
        said = dict(self.printed(lambda: backend.suspend(2)))["saved"]
        with open(said["file"], "rb") as file:
            self.assertEqual(file.read(), b"".join(self.weights.values()))

    def test_weights_that_grew_have_a_new_image(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.allocate_kept("weights", os.urandom(4096))
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assert_weights_are_back()
        self.assertEqual(len(self.calls("cudaHostUnregister")), 1)

    def test_woken_in_parts(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume(["weights"]), backend.resume(["kv_cache"])))
        self.assert_weights_are_back()

    def test_what_cannot_be_pinned_is_copied_all_the_same(self):
        backend = self.backend()
        self.world.refuse["cudaHostRegister"] = 1
        said = self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assertIn("without being pinned", dict(said)["fallback"])
        self.assertIs(dict(said)["wake"]["stays"], False)
        self.assert_weights_are_back()

    def test_a_wake_up_that_fails_can_be_tried_again(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.world.refuse["cudaMemcpy"] = 700
        with self.assertRaisesRegex(RuntimeError, "CUDART error: 700"):
            backend.resume()
        self.world.refuse.clear()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assert_weights_are_back()

    def test_a_save_that_fails_is_told_also_where_its_image_cannot_be_unpinned(self):
        backend = self.backend()
        self.world.refuse.update(cudaMemcpy=700, cudaHostUnregister=3)
        said = self.printed(lambda: backend.suspend(2))
        self.assertEqual([what for what, _ in said], ["fallback", "fallback", "left"])
        self.assertIn("cudaHostUnregister: CUDA error 3", said[0][1])
        self.assertIn("CUDART error: 700", said[1][1])
        self.world.refuse.clear()
        self.printed(lambda: backend.resume())
        self.assert_weights_are_back()

    def test_a_save_that_fails_leaves_nothing_the_weights_stay_in_the_process(self):
        for slept_before in (False, True):
            backend = self.backend()
            if slept_before:
                self.printed(lambda: (backend.suspend(2), backend.resume()))
                self.change()
            self.world.refuse["cudaMemcpy"] = 700
            said = self.printed(lambda: backend.suspend(2))
            self.assertIn("CUDART error: 700", said[0][1])
            self.assertEqual(os.listdir(self.folder.name), [])
            self.assertEqual(len(self.calls("cudaHostUnregister")), len(self.calls("cudaHostRegister")))
            self.world.refuse.clear()
            self.printed(lambda: backend.resume())
            self.assert_weights_are_back()


class Graphs(Case):
    """Blocks that vLLM's allocator got while graphs were captured carry its default tag."""

    def setUp(self):
        super().setUp()
        self.allocate_kept("default", b"g" * (MB + 512))

    def test_their_memory_comes_back_with_the_weights(self):
        for level in (2, 1):
            backend = self.backend()
            self.printed(lambda: (backend.suspend(level), backend.resume()))
            self.assert_weights_are_back()

    def test_also_where_tags_are_named(self):
        for level in (2, 1):
            backend = self.backend()
            self.printed(lambda: (backend.suspend(level), backend.resume(["weights"])))
            self.assertTrue(self.world.pointer_to_data[self.kv].is_asleep)
            self.printed(lambda: backend.resume(["kv_cache"]))
            self.assert_weights_are_back()

    def test_they_are_captured_in_a_pool_of_the_sleeping_allocator(self):
        import tmpfs_sleep.graphs
        from tests.stubs import Platform

        ask = Platform.get_global_graph_pool
        self.addCleanup(setattr, Platform, "get_global_graph_pool", ask)
        self.addCleanup(setattr, Platform, "_global_graph_pool", None)
        tmpfs_sleep.graphs.use_sleeping_pool()
        self.assertEqual((Platform().get_global_graph_pool(), Platform().get_global_graph_pool()), ((0, 7), (0, 7)))
        pool, plugged = self.world.allocator_and_pools["default"]
        self.assertEqual(pool.allocator, ("malloc", "free"))


class OwnGraphs(Case):
    """vLLM 0.33: pools of graphs by a switch of its own, and blocks with tags for what runs with the weights."""

    def setUp(self):
        super().setUp()
        for tag in ("runtime", "cudagraph"):
            self.allocate_kept(tag, os.urandom(MB + 512))

    def test_what_runs_with_the_weights_comes_back_with_them(self):
        backend = self.backend()
        said = dict(self.printed(lambda: backend.suspend(2)))
        self.assertEqual(said["saved"]["blocks"], 5)
        self.printed(lambda: backend.resume())
        self.assert_weights_are_back()

    def test_also_where_only_the_kv_cache_is_named(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume(["kv_cache"])))
        self.assert_weights_are_back()

    def test_without_a_file_they_stay_in_the_process(self):
        os.environ["TMPFS_SLEEP_DIR"] = "/nowhere/at/all"
        self.printed(lambda: self.backend().suspend(2))
        self.assertEqual(self.calls("vllm.sleep"), [(("cudagraph", "runtime", "weights"),)])

    def test_memory_that_sleeps_already_is_not_saved(self):
        next(data for data in self.world.pointer_to_data.values() if data.tag == "weights").is_asleep = True
        said = self.printed(lambda: self.backend().suspend(2))
        why = 'RuntimeError("some of vLLM\'s memory sleeps already: weights")'
        self.assertEqual(said[0], ("fallback", f"the weights stay in the process (level 1): {why}"))

    def test_its_own_switch_is_turned_on_where_the_engine_can_sleep(self):
        import tmpfs_sleep.graphs

        class VllmConfig:
            def __init__(self, enable_sleep_mode):
                self.model_config = types.SimpleNamespace(
                    enable_sleep_mode=enable_sleep_mode, sleep_mode_offload_cudagraph=False
                )

            @property
            def use_cumem_cudagraph_pool(self):
                return self.model_config.sleep_mode_offload_cudagraph and "by vLLM"

        from tests.stubs import Platform

        ask = Platform.get_global_graph_pool
        sys.modules["vllm.config"] = types.SimpleNamespace(VllmConfig=VllmConfig)
        self.addCleanup(sys.modules.pop, "vllm.config")
        tmpfs_sleep.graphs.use_sleeping_pool()
        self.assertEqual([VllmConfig(able).use_cumem_cudagraph_pool for able in (True, False)], ["by vLLM", False])
        self.assertIs(Platform.get_global_graph_pool, ask)


class Stacks(Case):
    """Memory for the stacks of GPU threads."""

    def setUp(self):
        super().setUp()
        os.environ["TMPFS_SLEEP_STACKS"] = "1"
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_STACKS")

    def test_given_back_while_asleep_and_as_large_as_before_once_awake(self):
        for level in (2, 1):
            backend = self.backend()
            said = dict(self.printed(lambda: backend.suspend(level)))
            self.assertEqual((self.world.stack, said["stacks"]), (16, {"bytes": 1024, "left": 16}))
            self.printed(lambda: backend.resume())
            self.assertEqual(self.world.stack, 1024)
            self.assert_weights_are_back()

    def test_twice_asleep_without_waking_does_not_forget_how_large_they_were(self):
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.suspend(1), backend.resume()))
        self.assertEqual(self.world.stack, 1024)

    def test_left_alone_without_the_setting(self):
        del os.environ["TMPFS_SLEEP_STACKS"]
        backend = self.backend()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        os.environ["TMPFS_SLEEP_STACKS"] = "1"
        self.assertEqual(self.calls("cuCtxSetLimit"), [])

    def test_a_driver_that_refuses_is_said_and_all_else_goes_on(self):
        for refused in ("cuCtxGetLimit", "cuCtxSetLimit"):
            backend = self.backend()
            self.world.refuse = {refused: 1}
            said = dict(self.printed(lambda: backend.suspend(2)))
            self.assertEqual(said["fallback"], f"the stacks of GPU threads stay: {refused}: CUDA error 1")
            self.printed(lambda: backend.resume())
            self.assert_weights_are_back()

    def test_a_driver_that_does_not_take_them_again_leaves_the_engine_asleep_and_it_can_be_woken_later(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.world.refuse = {"cuCtxSetLimit": 2}
        with self.assertRaisesRegex(OSError, "cuCtxSetLimit: CUDA error 2"):
            backend.resume()
        self.assertTrue(all(data.is_asleep for data in self.world.pointer_to_data.values()))
        self.world.refuse = {}
        self.printed(lambda: backend.resume())
        self.assertEqual(self.world.stack, 1024)
        self.assert_weights_are_back()


class MadeWithTheCache(Case):
    """vLLM tags all that it makes together with the KV cache like the cache itself."""

    def setUp(self):
        super().setUp()
        os.environ["TMPFS_SLEEP_KEEP_MB"] = "2"
        self.cache = self.world.allocate("kv_cache", b"c" * (3 * MB))
        # the block of self.kv is one that torch shares between small tensors
        self.weights[self.kv] = b"k" * MB

    def test_small_blocks_come_back_as_they_were_the_cache_does_not(self):
        for level in (2, 1):
            backend = self.backend()
            self.printed(lambda: (backend.suspend(level), backend.resume()))
            self.assert_weights_are_back()
            self.assertEqual(self.world.read(self.cache), bytes(3 * MB))

    def test_woken_in_parts(self):
        for tags in (["weights"], ["kv_cache"]), (["kv_cache"], ["weights"]):
            backend = self.backend()
            self.printed(lambda: backend.suspend(2))
            for part in tags:
                self.printed(lambda part=part: backend.resume(part))
            self.assert_weights_are_back()


class Scale:
    """A tensor of one number on the GPU."""

    def __init__(self, value):
        self.value = value

    def clone(self):
        return Scale(self.value)

    def copy_(self, other):
        self.value = other.value


class ScalesOfTheCache(Case):
    def runner(self):
        class GPUModelRunner:
            def __init__(self, layers):
                self.compilation_config = types.SimpleNamespace(static_forward_context=layers)
                self.zeroed = False

            def init_fp8_kv_scales(self):
                """vLLM's: the cache becomes zero, and every scale 1."""
                self.zeroed = True
                for layer in self.compilation_config.static_forward_context.values():
                    for scale in vars(layer).values():
                        scale.value = 1.0

        module = types.ModuleType("vllm.v1.worker.gpu_model_runner")
        module.GPUModelRunner = GPUModelRunner
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__)
        torch = sys.modules["torch"]
        torch.inference_mode, torch.Tensor = contextlib.nullcontext, Scale
        return GPUModelRunner

    def test_calibrated_ones_keep_their_values_and_the_cache_is_cleared(self):
        runner = self.runner()
        layers = {"a": types.SimpleNamespace(_k_scale=Scale(0.5), _v_scale=Scale(0.25)), "b": types.SimpleNamespace()}
        # each sleep makes no further wrapper
        self.backend(), self.backend()
        running = runner(layers)
        running.init_fp8_kv_scales()
        self.assertTrue(running.zeroed)
        self.assertEqual((layers["a"]._k_scale.value, layers["a"]._v_scale.value), (0.5, 0.25))
        self.assertFalse(hasattr(runner.init_fp8_kv_scales.__wrapped__, "__wrapped__"))

    def test_a_runner_without_them_is_left_alone(self):
        runner = self.runner()
        del runner.init_fp8_kv_scales
        self.backend()
        self.assertFalse(hasattr(runner, "init_fp8_kv_scales"))


class Fallbacks(Case):
    def test_no_room_for_the_file_the_weights_stay_in_the_process(self):
        os.environ["TMPFS_SLEEP_DIR"] = "/nowhere/at/all"
        backend = self.backend()
        said = self.printed(lambda: backend.suspend(2))
        self.assertEqual(said[0][0], "fallback")
        self.assertEqual(self.calls("vllm.sleep"), [(("weights",),)])
        self.printed(lambda: backend.resume())
        self.assert_weights_are_back()

    def test_level_one_is_vllms_own(self):
        backend = self.backend()
        self.assertEqual([what for what, _ in self.printed(lambda: (backend.suspend(1), backend.resume()))], ["left"])
        self.assertEqual(self.calls("vllm.resume"), [(None,)])
        self.assert_weights_are_back()

    def test_the_driver_refuses_to_map_vllms_extension_does_it(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.world.refuse["cuMemSetAccess"] = 801
        said = self.printed(lambda: backend.resume())
        self.assertEqual(
            said[0], ("fallback", "GPU memory is mapped by vLLM's extension: cuMemSetAccess: CUDA error 801")
        )
        self.assertEqual(len(self.calls("vllm.create_and_map")), 4)
        # the KV cache's, and what was just mapped
        self.assertEqual((len(self.calls("cuMemUnmap")), len(self.calls("cuMemRelease"))), (2, 2))
        self.assert_weights_are_back()

    def test_what_cannot_be_pinned_is_copied_all_the_same(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.world.refuse["cudaHostRegister"] = 1
        said = self.printed(lambda: backend.resume())
        self.assertEqual({what for what, _ in said}, {"fallback", "wake"})
        self.assertEqual(said[-1][1]["pinned"], 0)
        self.assert_weights_are_back()

    def assert_nothing_is_left_and_it_wakes(self, backend):
        """After a wake-up that failed."""
        self.assertEqual(backend.state() if hasattr(backend, "state") else backend._state, "RESUMING")
        self.assertEqual([thread.name for thread in threading.enumerate() if thread.name.startswith("tmpfs-sleep")], [])
        self.assertEqual(len(self.calls("cudaHostUnregister")), len(self.calls("cudaHostRegister")))
        self.world.refuse.clear()
        self.printed(lambda: backend.resume())
        self.assert_weights_are_back()
        self.printed(lambda: (backend.suspend(2), backend.resume()))
        self.assert_weights_are_back()

    def test_a_copy_that_fails_leaves_nothing_behind_and_can_be_tried_again(self):
        os.environ.update(TMPFS_SLEEP_READERS="3")
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_READERS")
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        files = len(os.listdir("/proc/self/fd"))
        self.world.refuse["cudaMemcpy"] = 700
        with self.assertRaisesRegex(RuntimeError, "CUDART error: 700"):
            backend.resume()
        self.assertEqual(len(os.listdir("/proc/self/fd")), files)
        self.assert_nothing_is_left_and_it_wakes(backend)

    def test_memory_that_cannot_be_mapped_likewise(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.module.Driver.map, original = self.refuse, self.module.Driver.map
        try:
            with self.assertRaisesRegex(OSError, "no memory"):
                backend.resume()
        finally:
            self.module.Driver.map = original
        self.assert_nothing_is_left_and_it_wakes(backend)

    @staticmethod
    def refuse(*_):
        raise OSError("no memory")

    def test_asleep_again_after_a_wake_up_that_failed_the_file_is_kept(self):
        for level in (2, 1):
            backend = self.backend()
            self.printed(lambda: backend.suspend(2))
            self.world.refuse["cudaMemcpy"] = 700
            with self.assertRaises(RuntimeError):
                backend.resume()
            self.world.refuse.clear()
            self.assertEqual([what for what, _ in self.printed(lambda: backend.suspend(level))], ["left"])
            self.printed(lambda: backend.resume())
            self.assert_weights_are_back()

    def test_a_file_that_was_cut_is_an_error_and_the_engine_does_not_run(self):
        backend = self.backend()
        file = dict(self.printed(lambda: backend.suspend(2)))["saved"]["file"]
        os.truncate(file, os.path.getsize(file) - 1)
        with self.assertRaisesRegex(OSError, "the weights' file ends at"):
            backend.resume()
        self.assertEqual(backend._state, "RESUMING")


class WeightServer(threading.Thread):
    """Stands in for weight-server.c: one client."""

    def __init__(self, path, filled=b'filled {"began": 1.5, "filled": 0.2}', blocks=None):
        super().__init__()
        self.answer, self.filled = None, filled
        with open(f"{path}.img", "rb") as image, open(f"{path}.blocks") as sizes:
            device, *lengths = sizes
            self.descriptors = [self.memory(image.read(int(length))) for length in lengths[:blocks]]
        assert device == "device 0\n"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(f"{path}.sock")
        self.socket.listen()
        self.start()

    @staticmethod
    def memory(content):
        descriptor = os.memfd_create("gpu")
        os.pwrite(descriptor, content, 0)
        return descriptor

    def run(self):
        client, _ = self.socket.accept()
        for index, descriptor in enumerate(self.descriptors):
            socket.send_fds(client, [f"memory {index} 1".encode()], [descriptor])
        if self.filled:
            client.send(self.filled)
            self.answer = client.recv(64)
        client.close()
        self.socket.close()
        for descriptor in self.descriptors:
            os.close(descriptor)


class WeightsBesideTheRestore(Case):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.folder.name, f"weights-{os.getpid()}")

    def asleep(self):
        backend = self.backend()
        self.printed(lambda: backend.suspend(2))
        self.world.calls.clear()
        return backend

    def descriptors(self):
        return len(os.listdir("/proc/self/fd"))

    def wake(self, backend, **server):
        server = WeightServer(self.path, **server)
        said = self.printed(backend.resume)
        server.join()
        os.unlink(f"{self.path}.sock")
        return server, said

    def assert_copied(self, backend, said, reason):
        self.assertEqual(said[0][0], "fallback")
        self.assertRegex(said[0][1], f"^the weights are copied from their file: .*{reason}")
        self.assertEqual(said[-1][0], "wake")
        self.assertNotIn("served", said[-1][1])
        self.assert_weights_are_back()
        self.assertEqual(self.world.imported, {})
        self.assertEqual(backend._state, "RUNNING")

    def test_their_memory_is_mapped_and_nothing_is_copied(self):
        backend = self.asleep()
        server, said = self.wake(backend)
        self.assertEqual([what for what, _ in said], ["wake"])
        self.assertEqual(said[0][1]["served"], {"began": 1.5, "filled": 0.2})
        self.assertEqual(said[0][1]["bytes"], sum(map(len, self.weights.values())))
        self.assertEqual(server.answer, b"mapped")
        self.assertEqual(self.calls("cudaMemcpy"), [])
        # the KV cache is this process's own
        self.assertEqual(len(self.calls("cuMemCreate")), 1)
        self.assert_weights_are_back()

    def test_vllm_finds_the_numbers_of_the_imported_memory_where_it_will_release_them(self):
        before = self.descriptors()
        backend = self.asleep()
        self.wake(backend)
        self.assertEqual({self.world.handles[address].value for address in self.weights}, set(self.world.imported))
        # one for each number, which vLLM's release closes
        self.assertEqual(self.descriptors(), before + len(self.weights))

    def test_again_and_again_with_a_server_and_without(self):
        backend = self.backend()
        for served in (True, False, True):
            self.printed(lambda: backend.suspend(2))
            if served:
                self.wake(backend)
            else:
                self.assertEqual([what for what, _ in self.printed(backend.resume)], ["wake"])
            self.assert_weights_are_back()

    def test_a_socket_that_nobody_listens_at(self):
        backend = self.asleep()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left:
            left.bind(f"{self.path}.sock")
        self.assert_copied(backend, self.printed(backend.resume), "refused")

    def test_a_server_that_ends_before_all_memory_is_there(self):
        backend = self.asleep()
        before = self.descriptors()
        _, said = self.wake(backend, filled=None, blocks=2)
        self.assert_copied(backend, said, "it ended")
        backend._releasing.join()
        self.assertEqual(self.descriptors(), before)

    def test_a_server_that_ends_before_the_memory_is_filled_its_memory_is_not_used(self):
        backend = self.asleep()
        _, said = self.wake(backend, filled=None)
        self.assert_copied(backend, said, "it ended")
        self.assertEqual(len(self.calls("cuMemUnmap")), len(self.weights))

    def test_a_server_that_is_too_slow(self):
        os.environ["TMPFS_SLEEP_SERVED_PATIENCE"] = "0.05"
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_SERVED_PATIENCE")
        backend = self.asleep()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as slow:
            slow.bind(f"{self.path}.sock")
            slow.listen()
            self.assert_copied(backend, self.printed(backend.resume), "timed out")

    def test_an_answer_that_is_none(self):
        backend = self.asleep()
        _, said = self.wake(backend, filled=b"failed")
        self.assert_copied(backend, said, "failed")

    def test_a_driver_that_refuses_to_import_or_to_map(self):
        for call in ("cuMemImportFromShareableHandle", "cuMemSetAccess"):
            backend = self.asleep()
            self.world.refuse = {call: 801}
            server = WeightServer(self.path, filled=None)
            # the way round asks the same driver, whose refusal goes on to vLLM's extension
            said = self.printed(backend.resume)
            server.join()
            os.unlink(f"{self.path}.sock")
            self.world.refuse = {}
            self.assertEqual(said[0][1], f"the weights are copied from their file: OSError: {call}: CUDA error 801")
            self.assert_weights_are_back()

    def test_memory_for_the_rest_that_cannot_be_mapped_leaves_nothing_of_the_server_and_can_be_tried_again(self):
        backend = self.asleep()
        self.module.Driver.map, original = Fallbacks.refuse, self.module.Driver.map
        try:
            server = WeightServer(self.path, filled=None)
            with self.assertRaisesRegex(OSError, "no memory"):
                backend.resume()
        finally:
            self.module.Driver.map = original
        server.join()
        os.unlink(f"{self.path}.sock")
        self.assertEqual(self.world.imported, {})
        self.printed(backend.resume)
        self.assert_weights_are_back()

    def test_a_server_for_memory_that_network_cards_read_is_not_asked(self):
        os.environ["TMPFS_SLEEP_RDMA"] = "1"
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_RDMA")
        backend = self.asleep()
        open(f"{self.path}.sock", "w").close()
        self.assert_copied(backend, self.printed(backend.resume), "plain memory")


class Plugin(Case):
    def config(self, backend="cumem"):
        return types.SimpleNamespace(sleep_mode_backend=backend)

    def test_vllm_finds_it_and_uses_it(self):
        found = [
            point
            for point in importlib.metadata.entry_points(group="vllm.general_plugins")
            if point.name == "tmpfs_sleep"
        ]
        register = found[0].load()
        register()
        register()
        self.printed(lambda: self.assertIsInstance(Factory.create_backend(self.config()), self.module.TmpfsBackend))

    def test_without_the_folder_vllm_is_left_alone(self):
        import tmpfs_sleep

        before = Factory.create_backend
        del os.environ["TMPFS_SLEEP_DIR"]
        tmpfs_sleep.register()
        os.environ["TMPFS_SLEEP_DIR"] = self.folder.name
        self.assertEqual(Factory.create_backend, before)

    def test_queues_between_ranks_are_small_unless_they_ask_for_a_size(self):
        from tmpfs_sleep.queues import shrink_queues
        from vllm.distributed.device_communicators.shm_broadcast import MessageQueue

        self.assertEqual(MessageQueue(1, 1).size, 240 * MB)
        shrink_queues(MB)
        self.assertEqual(MessageQueue(1, 1).size, 10 * MB)
        self.assertEqual(MessageQueue(1, 1, max_chunk_bytes=2 * MB).size, 20 * MB)
        self.assertEqual(MessageQueue(1, 1, None, 4 * MB, max_chunks=3).size, 12 * MB)


class SeveralRanks(Case):
    def test_each_process_has_a_file_of_its_own_and_names_its_gpu(self):
        files = {}
        for rank, pid in enumerate((41, 42)):
            with unittest.mock.patch("os.getpid", lambda pid=pid: pid):
                backend = self.backend()
            for data in self.world.pointer_to_data.values():
                data.handle = (rank, *data.handle[1:])
            said = dict(self.printed(lambda backend=backend: backend.suspend(2)))
            files[said["saved"]["file"]] = rank
            with open(os.path.join(self.folder.name, f"weights-{pid}.blocks")) as blocks:
                self.assertEqual(blocks.readline(), f"device {rank}\n")
            self.printed(backend.resume)
            self.assert_weights_are_back()
        self.assertEqual(len(files), 2)

    def test_they_share_the_cpus_when_they_wake(self):
        def readers(ranks):
            self.world.ranks = ranks
            backend = self.backend()
            self.printed(lambda: backend.suspend(2))
            return dict(self.printed(backend.resume))["wake"]["readers"]

        with unittest.mock.patch("os.sched_getaffinity", lambda _: set(range(16))):
            self.assertEqual([readers(1), readers(2), readers(8)], [14, 6, 1])


if __name__ == "__main__":
    unittest.main()
