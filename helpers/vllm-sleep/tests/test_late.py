import os
import sys
import types

from tests.test_backend import MB, Case

BLOCK = 64 << 10  # bytes of one of the scheduler's blocks in a layer's cache
BLOCKS = 160  # of the scheduler: 10 MB a layer
FIRST = 4  # MB of all layers that are mapped at once: two of each


class Layer:
    """A layer's cache, as torch has it: blocks, heads, tokens, numbers of two bytes."""

    def __init__(self, address, shape=(BLOCKS, 2, 16, 1024), stride=None, size=2):
        self.address, self.shape, self.size = address, shape, size
        steps = [1]
        for length in reversed(shape[1:]):
            steps.insert(0, steps[0] * length)
        self.steps = stride or tuple(steps)

    def data_ptr(self):
        return self.address

    def stride(self):
        return self.steps

    def element_size(self):
        return self.size


class Pool:
    """vLLM's blocks: those that are freed are the next to be taken."""

    def __init__(self, blocks):
        self.num_gpu_blocks = blocks
        self.free = [types.SimpleNamespace(block_id=number) for number in range(1, blocks)]

    def get_new_blocks(self, number):
        found, self.free = self.free[:number], self.free[number:]
        return found

    def put_back(self, blocks):
        self.free = [*blocks, *self.free]


class Late(Case):
    def setUp(self):
        super().setUp()
        os.environ.update(TMPFS_SLEEP_LATE="1", TMPFS_SLEEP_FIRST_MB=str(FIRST))
        for name in ("LATE", "FIRST_MB"):
            self.addCleanup(os.environ.pop, f"TMPFS_SLEEP_{name}")
        del self.world.pointer_to_data[self.kv]
        self.layers = [self.world.allocate("kv_cache", b"k" * (BLOCKS * BLOCK)) for _ in range(2)]
        self.busy = False
        self.pool_class = type("BlockPool", (Pool,), {"get_new_blocks": Pool.get_new_blocks})
        self.core_class = type("EngineCoreProc", (), {"_process_engine_step": lambda _: "a step"})
        self.worker_class = type("Worker", (), {"wake_up": lambda worker, tags=None: worker.backend.resume(tags)})
        for name, content in {
            "vllm.v1": {},
            "vllm.v1.core": {},
            "vllm.v1.core.block_pool": {"BlockPool": self.pool_class},
            "vllm.v1.engine.core": {"EngineCoreProc": self.core_class},
            "vllm.v1.worker.gpu_worker": {"Worker": self.worker_class},
        }.items():
            module = types.ModuleType(name)
            module.__dict__.update(content)
            sys.modules[name] = module
            self.addCleanup(sys.modules.pop, name)
        from tmpfs_sleep import late

        late.cache.__init__()
        late.watch_scheduler()
        self.late = late.cache
        self.pool = self.pool_class(BLOCKS)
        self.worker, self.core = self.worker_class(), self.core_class()
        self.worker.model_runner = types.SimpleNamespace(kv_caches=[Layer(address) for address in self.layers])
        self.core.scheduler = types.SimpleNamespace(has_unfinished_requests=lambda: self.busy)

    def served(self):
        """A backend of an engine that has answered before."""
        self.worker.backend = self.backend()
        self.pool.put_back(self.pool.get_new_blocks(3))
        return self.worker.backend

    def asleep(self):
        backend = self.served()
        self.printed(lambda: backend.suspend(2))
        self.world.calls.clear()
        return backend

    def wake_up(self):
        return self.printed(self.worker.wake_up)

    def mapped(self, layer):
        """Bytes of a layer's cache that are mapped, by where they begin."""
        end = layer + BLOCKS * BLOCK
        return sorted((address - layer, size) for address, size in self.calls("cuMemMap") if layer <= address < end)

    def assert_complete(self):
        for layer in self.layers:
            self.assertEqual(self.mapped(layer), [(0, 2 * MB), (2 * MB, 8 * MB)])
        self.assertFalse(self.late.waits)
        self.assert_weights_are_back()


class TheBeginning(Late):
    def test_is_all_that_a_wake_up_maps(self):
        self.asleep()
        said = dict(self.wake_up())["wake"]
        for layer in self.layers:
            self.assertEqual(self.mapped(layer), [(0, 2 * MB)])
        self.assertEqual(said["late_bytes"], 16 * MB)
        self.assertEqual(said["mapped_bytes"], 4 * MB + sum(map(len, self.weights.values())))
        self.assertTrue(self.late.waits)

    def test_is_enough_for_requests_whose_blocks_lie_in_it(self):
        self.asleep()
        self.wake_up()
        # 2 MB of a layer are blocks 0 to 31
        self.assertEqual(self.printed(lambda: self.pool.get_new_blocks(31)), [])
        self.assertTrue(self.late.waits)

    def test_is_all_that_is_unmapped_where_the_engine_sleeps_again(self):
        backend = self.asleep()
        self.wake_up()
        self.world.calls.clear()
        self.printed(lambda: backend.suspend(2))
        self.assertEqual(self.calls("cuMemUnmap"), [(layer,) for layer in self.layers])
        self.assertEqual(len(self.calls("cuMemRelease")), 2)
        self.assertFalse(self.late.waits)
        self.world.calls.clear()
        self.wake_up()
        self.assertEqual(self.mapped(self.layers[0]), [(0, 2 * MB)])

    def test_also_where_the_cache_wakes_after_the_weights(self):
        self.asleep()
        self.assertNotIn("fallback", dict(self.printed(lambda: self.worker.wake_up(["weights"]))))
        self.assertEqual(self.mapped(self.layers[0]), [])
        self.printed(lambda: self.worker.wake_up(["kv_cache"]))
        self.assertEqual(self.mapped(self.layers[0]), [(0, 2 * MB)])


class TheRest(Late):
    def test_is_mapped_before_a_request_gets_a_block_of_it(self):
        self.asleep()
        self.wake_up()
        said = dict(self.printed(lambda: self.pool.get_new_blocks(32)))["late"]
        self.assertEqual((said["bytes"], said["why"]), (16 * MB, "a request needs it"))
        self.assert_complete()

    def test_is_mapped_when_all_answers_are_out(self):
        self.asleep()
        self.wake_up()
        self.busy = True
        self.assertEqual(self.printed(self.core._process_engine_step), [])
        self.assertTrue(self.late.waits)
        self.busy = False
        said = dict(self.printed(lambda: self.assertEqual(self.core._process_engine_step(), "a step")))
        self.assertEqual(said["late"]["why"], "the engine has nothing to do")
        self.assert_complete()
        self.assertEqual(self.printed(self.core._process_engine_step), [])

    def test_is_unmapped_too_where_the_engine_sleeps_again(self):
        backend = self.asleep()
        self.wake_up()
        self.printed(lambda: self.pool.get_new_blocks(40))
        # of two numbers of an allocation one is released when both are mapped, the other when it sleeps
        self.assertEqual(len(self.calls("cuMemRelease")), 2)
        self.world.calls.clear()
        self.printed(lambda: backend.suspend(2))
        unmapped = [(layer + start,) for layer in self.layers for start in (0, 2 * MB)]
        self.assertEqual(self.calls("cuMemUnmap"), unmapped)
        self.assertEqual(len(self.calls("cuMemRelease")), 2)

    def test_waits_until_there_is_memory(self):
        self.asleep()
        self.wake_up()
        self.world.refuse["cuMemCreate"] = 2
        tries = []

        def sleep(_):
            tries.append(1)
            if len(tries) == 3:
                self.world.refuse.clear()

        self.replace_sleep(sleep)
        self.printed(lambda: self.pool.get_new_blocks(32))
        self.assertEqual(len(tries), 3)
        self.world.calls = [call for call in self.world.calls if call[0] == "cuMemMap"]
        self.assert_complete()

    def test_is_tried_again_where_there_was_no_memory(self):
        backend = self.asleep()
        for refused in ("cuMemCreate", "cuMemMap", "cuMemSetAccess"):
            with self.subTest(refused=refused):
                self.wake_up()
                self.world.refuse[refused] = 2
                said = dict(self.printed(self.core._process_engine_step))
                self.assertIn("is mapped later", said["fallback"])
                self.world.refuse.clear()
                self.world.calls.clear()
                self.printed(self.core._process_engine_step)
                self.assertEqual(self.mapped(self.layers[0]), [(2 * MB, 8 * MB)])
                self.printed(lambda: backend.suspend(2))

    def replace_sleep(self, sleep):
        from tmpfs_sleep import late

        time = late.time
        late.time = types.SimpleNamespace(perf_counter=time.perf_counter, sleep=sleep)
        self.addCleanup(setattr, late, "time", time)


class AtOnce(Late):
    """Where less than all would be wrong, all is mapped, and the log says why."""

    def assert_at_once(self, why):
        said = dict(self.wake_up())
        self.assertIn(f"mapped at once: {why}", said["fallback"])
        for layer in self.layers:
            self.assertEqual(self.mapped(layer), [(0, 10 * MB)])
        self.assertEqual(said["wake"]["late_bytes"], 0)
        self.assertFalse(self.late.waits)
        self.assert_weights_are_back()

    def test_the_scheduler_is_in_another_process(self):
        self.asleep()
        self.late.blocks = None
        self.assert_at_once("no scheduler")

    def test_a_layer_keeps_a_state_and_no_blocks(self):
        self.asleep()
        self.worker.model_runner.kv_caches.append([Layer(self.layers[0])])
        self.assert_at_once("not all layers")

    def test_keys_of_all_blocks_before_the_values_of_all(self):
        self.asleep()
        self.worker.model_runner.kv_caches = [Layer(layer, (2, BLOCKS, 2, 16, 512)) for layer in self.layers]
        self.assert_at_once("its blocks")

    def test_heads_before_blocks(self):
        self.asleep()
        strides = (16 * 1024, BLOCKS * 16 * 1024, 1024, 1)
        self.worker.model_runner.kv_caches = [Layer(layer, stride=strides) for layer in self.layers]
        self.assert_at_once("its blocks")

    def test_vllm_clears_an_fp8_cache_when_it_wakes(self):
        self.asleep()
        self.worker.model_runner.kv_caches = [Layer(layer, (BLOCKS, 2, 16, 2048), size=1) for layer in self.layers]
        self.assert_at_once("its blocks")

    def test_only_the_layer_that_nobody_knows(self):
        self.asleep()
        del self.worker.model_runner.kv_caches[1]
        os.environ["TMPFS_SLEEP_FIRST_MB"] = "8"
        said = dict(self.wake_up())["wake"]
        self.assertEqual([self.mapped(layer) for layer in self.layers], [[(0, 4 * MB)], [(0, 10 * MB)]])
        self.assertEqual(said["late_bytes"], 6 * MB)

    def test_a_cache_smaller_than_what_is_mapped_first(self):
        os.environ["TMPFS_SLEEP_FIRST_MB"] = "20"
        self.asleep()
        self.assert_at_once("its blocks")

    def test_the_driver_refuses_a_part(self):
        self.asleep()
        driver = sys.modules["tmpfs_sleep.driver"].Driver
        beginning = driver.map_beginning
        self.addCleanup(setattr, driver, "map_beginning", beginning)

        def refuse(*_):
            raise OSError("cuMemMap: CUDA error 1")

        driver.map_beginning = refuse
        said = dict(self.wake_up())
        self.assertEqual([self.mapped(layer) for layer in self.layers], [[(0, 10 * MB)]] * 2)
        self.assertIn("a part of the KV cache is mapped at once", said["fallback"])
        self.assertEqual(said["wake"]["late_bytes"], 0)

    def test_level_one(self):
        backend = self.served()
        self.printed(lambda: backend.suspend(1))
        self.printed(self.worker.wake_up)
        self.assertFalse(self.late.waits)
        self.assertEqual(self.calls("vllm.resume"), [(None,)])


class OtherBlocks(Late):
    def test_several_of_the_kernels_are_one_of_the_schedulers(self):
        self.asleep()
        self.worker.model_runner.kv_caches = [Layer(layer, (4 * BLOCKS, 2, 4, 1024)) for layer in self.layers]
        self.wake_up()
        self.assertEqual(self.printed(lambda: self.pool.get_new_blocks(31)), [])
        self.assertIn("late", dict(self.printed(lambda: self.pool.get_new_blocks(1))))

    def test_a_layer_that_begins_behind_another_has_fewer_in_the_beginning(self):
        self.asleep()
        half = (BLOCKS, 2, 16, 512)
        steps = (2 * 16 * 1024, 16 * 512, 512, 1)
        behind = [Layer(layer + BLOCK // 2, half, steps) for layer in self.layers]
        self.worker.model_runner.kv_caches = [Layer(layer, half, steps) for layer in self.layers] + behind
        self.wake_up()
        # of block 31 the second layer's half lies in the beginning too, but that is not looked at
        self.printed(lambda: self.pool.get_new_blocks(30))
        self.assertTrue(self.late.waits)
        self.assertIn("late", dict(self.printed(lambda: self.pool.get_new_blocks(1))))


class Again(Late):
    def test_after_a_wake_up_that_failed_what_was_begun_counts(self):
        backend = self.asleep()
        self.world.refuse["cudaMemcpy"] = 1
        with self.assertRaises(RuntimeError):
            self.wake_up()
        self.assertTrue(self.late.waits)
        self.world.refuse.clear()
        self.printed(lambda: backend.resume())
        self.printed(lambda: self.pool.get_new_blocks(32))
        self.assert_complete()
