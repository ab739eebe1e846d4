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


class Queue:
    """vLLM's free blocks: a list that is linked from a block that is none to another."""

    def __init__(self, blocks):
        self.fake_free_list_head = types.SimpleNamespace(block_id=-1)
        self.link(blocks)

    def link(self, blocks):
        self.free, before = list(blocks), self.fake_free_list_head
        for block in [*self.free, types.SimpleNamespace(block_id=-1, next_free_block=None)]:
            before.next_free_block = before = block

    def remove(self, block):
        self.free.remove(block)
        self.link(self.free)

    def prepend_n(self, blocks):
        self.link([*blocks, *self.free])

    def append_n(self, blocks):
        self.link([*self.free, *blocks])

    def popleft_n(self, number):
        found = self.free[:number]
        self.link(self.free[number:])
        return found


class Pool:
    """vLLM's blocks: those that are freed are the next to be taken, but for cached ones."""

    def __init__(self, blocks):
        self.num_gpu_blocks = blocks
        self.blocks = [types.SimpleNamespace(block_id=number) for number in range(blocks)]
        self.free_block_queue = Queue(self.blocks[1:])
        self.cached_block_hash_to_block = {}

    def get_num_free_blocks(self):
        return len(self.free_block_queue.free)

    def get_new_blocks(self, number):
        return self.free_block_queue.popleft_n(number)

    def put_back(self, blocks):
        self.free_block_queue.prepend_n(blocks)

    def put_back_cached(self, blocks):
        self.free_block_queue.append_n(blocks)


class Table:
    def __init__(self, refuses=False):
        self.gpu, self.wiped, self.refuses = self, False, refuses

    def zero_(self):
        if self.refuses:
            raise RuntimeError("Inplace update to inference tensor")
        self.wiped = True

    clear = zero_


def configuration(**other):
    """vLLM's, of one GPU."""
    names = types.SimpleNamespace
    return names(
        parallel_config=names(world_size=1, data_parallel_size=1),
        cache_config=names(cache_dtype="auto"),
        **{"kv_transfer_config": None, "speculative_config": None, **other},
    )


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
        from tmpfs_sleep import hooks, late

        late.cache.__init__()
        hooks.watch_scheduler()
        self.late = late.cache
        self.pool = self.pool_class(BLOCKS)
        self.worker, self.core = self.worker_class(), self.core_class()
        self.tables = types.SimpleNamespace(block_tables=[Table()], input_block_tables=[Table(), Table()])
        self.worker.model_runner = types.SimpleNamespace(
            kv_caches=[Layer(address) for address in self.layers],
            vllm_config=configuration(),
            block_tables=self.tables,
        )
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

    def refuse_memory_at_first(self):
        """There is memory at the third wait for it. Returns a list with an entry for each."""
        self.world.refuse["cuMemCreate"] = 2
        tries = []

        def sleep(_):
            tries.append(1)
            if len(tries) == 3:
                self.world.refuse.clear()

        self.replace_sleep(sleep)
        return tries

    def replace_sleep(self, sleep, clock=None):
        from tmpfs_sleep import driver

        time = driver.time
        driver.time = types.SimpleNamespace(monotonic=clock or time.monotonic, sleep=sleep)
        self.addCleanup(setattr, driver, "time", time)

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
        tries = self.refuse_memory_at_first()
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

    def test_is_not_waited_for_where_the_driver_has_another_reason(self):
        self.asleep()
        self.wake_up()
        self.world.refuse["cuMemCreate"] = 1
        self.replace_sleep(lambda _: self.fail("it waits"))
        with self.assertRaisesRegex(RuntimeError, "cuMemCreate: CUDA error 1"):
            self.pool.get_new_blocks(32)

    def test_that_another_process_keeps_ends_the_engine_with_a_word(self):
        self.asleep()
        self.wake_up()
        self.world.refuse["cuMemCreate"] = 2
        clock = iter(range(0, 1000, 25))
        self.replace_sleep(lambda _: None, lambda: next(clock))
        with self.assertRaises(RuntimeError) as caught:
            self.pool.get_new_blocks(32)
        for word in (str(16 * MB), "60 s", "cuMemCreate: CUDA error 2", "TMPFS_SLEEP_LATE"):
            self.assertIn(word, str(caught.exception))

    def test_is_not_mapped_twice_where_a_number_cannot_be_released(self):
        self.asleep()
        self.wake_up()
        self.world.refuse["cuMemRelease"] = 1
        said = self.printed(lambda: self.pool.get_new_blocks(32))
        self.assertIn("stays on the GPU", dict(said)["fallback"])
        self.assertFalse(self.late.waits)

    def test_of_some_layers_is_mapped_once_where_there_is_memory_for_them_only(self):
        self.asleep()
        self.wake_up()
        create, created = self.world.result, []

        def refuse_second(name, *detail):
            created.append(name)
            return 2 if name == "cuMemCreate" and created.count(name) == 2 else create(name, *detail)

        self.world.result = refuse_second
        self.printed(self.core._process_engine_step)
        self.assertEqual([len(self.mapped(layer)) for layer in self.layers], [2, 1])
        self.assertTrue(self.late.waits)
        self.printed(self.core._process_engine_step)
        self.assert_complete()


class OldNumbers(Late):
    """Blocks from before the sleep."""

    def test_are_wiped_from_block_tables(self):
        self.asleep()
        self.wake_up()
        tables = [*self.tables.block_tables, *self.tables.input_block_tables]
        self.assertEqual([table.wiped for table in tables], [True] * 3)
        self.assertTrue(self.late.waits)

    def test_are_wiped_from_those_of_the_first_model_runner(self):
        table = Table()
        self.worker.model_runner.input_batch = types.SimpleNamespace(block_table=table)
        del self.worker.model_runner.block_tables
        self.asleep()
        self.wake_up()
        self.assertTrue(table.wiped and self.late.waits)

    def test_that_cannot_be_wiped_are_mapped(self):
        for tables in (types.SimpleNamespace(block_tables=[Table(refuses=True)], input_block_tables=[]), None):
            with self.subTest(tables=tables):
                self.worker.model_runner.block_tables = tables
                self.asleep()
                said = dict(self.wake_up())["late"]
                self.assertIn("cannot be wiped", said["why"])
                self.assert_complete()

    def test_stay_where_all_is_mapped(self):
        self.worker.model_runner.vllm_config.kv_transfer_config = "some"
        self.asleep()
        self.wake_up()
        self.assertFalse(self.tables.block_tables[0].wiped)

    def test_are_no_longer_the_next_ones(self):
        backend = self.served()
        # it has served for long: the next blocks are those in the middle
        self.pool.put_back_cached(self.pool.get_new_blocks(100))
        self.printed(lambda: backend.suspend(2))
        self.wake_up()
        taken = []
        self.printed(lambda: taken.extend(self.pool.get_new_blocks(31)))
        self.assertEqual([block.block_id for block in taken], list(range(1, 32)))
        self.assertTrue(self.late.waits)
        self.assertEqual(self.pool.get_num_free_blocks(), BLOCKS - 1 - 31)

    def test_of_which_the_first_are_low_stay_in_their_order(self):
        from tmpfs_sleep import late

        self.addCleanup(setattr, late, "FIRST_BLOCKS", late.FIRST_BLOCKS)
        late.FIRST_BLOCKS = 3
        backend = self.served()
        # the second request's blocks are freed after the first's
        first, second = self.pool.get_new_blocks(2), self.pool.get_new_blocks(2)
        self.pool.put_back(first)
        self.pool.put_back(second)
        self.printed(lambda: backend.suspend(2))
        self.wake_up()
        self.printed(lambda: self.assertEqual([b.block_id for b in self.pool.get_new_blocks(4)], [3, 4, 1, 2]))

class Discarded(Late):
    """vLLM 0.33 can give up the KV cache of an engine that stays awake."""

    def test_each_of_its_mappings_is_taken_away_once(self):
        for whole in (False, True):
            with self.subTest(whole=whole):
                backend = self.asleep()
                self.wake_up()
                if whole:
                    self.printed(self.core._process_engine_step)
                self.world.calls.clear()
                self.printed(lambda: backend.discard(("kv_cache",)))
                starts = (0, 2 * MB) if whole else (0,)
                unmapped = [(layer + start,) for layer in self.layers for start in starts]
                self.assertEqual(self.calls("cuMemUnmap"), unmapped)
                self.assertFalse(self.late.waits)
                self.printed(lambda: backend.resume(["kv_cache"]))


class AtOnce(Late):
    """Where less than all would be wrong, all is mapped, and the log says why."""

    def assert_at_once(self, why):
        said = dict(self.wake_up())
        self.assertIn("the KV cache is mapped at once: ", said["fallback"])
        self.assertIn(why, said["fallback"])
        for layer in self.layers:
            self.assertEqual(self.mapped(layer), [(0, 10 * MB)])
        self.assertEqual(said["wake"]["late_bytes"], 0)
        self.assertFalse(self.late.waits)
        self.assert_weights_are_back()

    def test_the_scheduler_is_in_another_process(self):
        self.asleep()
        self.late.pools.clear()
        self.assert_at_once("no scheduler")

    def test_a_second_pool_of_blocks(self):
        self.asleep()
        other = self.pool_class(BLOCKS)
        other.put_back(other.get_new_blocks(1))
        self.assert_at_once("several pools")

    def test_a_request_still_has_a_block(self):
        self.asleep()
        self.pool.get_new_blocks(1)
        self.assert_at_once("in use or cached")

    def test_a_block_can_be_found_by_its_prefix(self):
        self.asleep()
        self.pool.cached_block_hash_to_block["hash"] = self.pool.blocks[-1]
        self.assert_at_once("in use or cached")

    def test_settings_with_which_others_touch_blocks(self):
        names = types.SimpleNamespace
        for name, (value, why) in {
            "parallel_config": (names(world_size=2, data_parallel_size=1), "several GPUs"),
            "parallel_config ": (names(world_size=1, data_parallel_size=2), "several GPUs"),
            "kv_transfer_config": (names(kv_connector="OffloadingConnector"), "a KV connector"),
            "speculative_config": (names(method="eagle3"), "(eagle3)"),
            "speculative_config ": (names(method="draft_model"), "(draft_model)"),
            # its layers that are not quantized are cleared too
            "cache_config": (names(cache_dtype="fp8_e5m2"), "a cache of fp8_e5m2"),
        }.items():
            with self.subTest(name=name, why=why):
                setattr(self.worker.model_runner.vllm_config, name.strip(), value)
                self.asleep()
                self.assert_at_once(why)
                self.worker.model_runner.vllm_config = configuration()

    def test_speculation_without_a_model(self):
        self.worker.model_runner.vllm_config.speculative_config = types.SimpleNamespace(method="ngram")
        self.asleep()
        self.wake_up()
        self.assertTrue(self.late.waits)

    def test_another_vllm(self):
        self.asleep()
        del self.worker.model_runner.vllm_config.parallel_config
        self.assert_at_once("other names: ")

    def test_another_tensor_may_lie_behind_a_layers_cache(self):
        # 1.25 MB behind the last block
        blocks = BLOCKS - 20
        self.asleep_with(blocks)
        tensors = [{"state": "active_allocated"}, {"state": "inactive"}]
        segments = [{"address": layer, "blocks": tensors} for layer in self.layers]
        sys.modules["torch"].cuda.memory_snapshot = lambda: segments
        self.wake_up()
        self.assertTrue(self.late.waits)
        self.printed(lambda: self.worker.backend.suspend(2))
        tensors[1]["state"] = "active_awaiting_free"
        self.world.calls.clear()
        self.assert_at_once("something else behind it")
        self.printed(lambda: self.worker.backend.suspend(2))
        segments.clear()
        self.world.calls.clear()
        self.assert_at_once("something else behind it")

    def asleep_with(self, blocks):
        """The scheduler has fewer blocks than there is room for."""
        self.pool = self.pool_class(blocks)
        self.worker.model_runner.kv_caches = [Layer(layer, (blocks, 2, 16, 1024)) for layer in self.layers]
        self.asleep()

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

    def test_one_layer_behind_the_other_in_one_allocation(self):
        """As vLLM 0.33 has them."""
        self.asleep()
        half = (BLOCKS, 2, 16, 512)
        self.worker.model_runner.kv_caches = [
            Layer(layer + start, half) for layer in self.layers for start in (0, BLOCKS * BLOCK // 2)
        ]
        self.assert_at_once("begins behind what is mapped first")

    def test_strides_of_dimensions_with_one_element_mean_nothing(self):
        self.asleep()
        shape, strides = (BLOCKS, 1, 16, 2048), (16 * 2048, 1 << 40, 2048, 1)
        self.worker.model_runner.kv_caches = [Layer(layer, shape, strides) for layer in self.layers]
        self.wake_up()
        self.assertTrue(self.late.waits)

    def test_blocks_that_overlap(self):
        self.asleep()
        strides = (16 * 1024, BLOCKS * 16 * 1024 // 2, 1024, 1)
        self.worker.model_runner.kv_caches = [Layer(layer, stride=strides) for layer in self.layers]
        self.assert_at_once("its blocks")

    def test_vllm_clears_an_fp8_cache_when_it_wakes(self):
        self.asleep()
        self.worker.model_runner.kv_caches = [Layer(layer, (BLOCKS, 2, 16, 2048), size=1) for layer in self.layers]
        self.assert_at_once("numbers of one byte")

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
        self.assert_at_once("not larger than what is mapped first")

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

    def test_memory_that_another_still_has_is_waited_for(self):
        """So too where nothing comes late: the wake-up may have begun beside the other."""
        for connector in (None, "some"):
            with self.subTest(connector=connector):
                self.worker.model_runner.vllm_config.kv_transfer_config = connector
                self.asleep()
                tries = self.refuse_memory_at_first()
                said = [line for line in self.wake_up() if "extension" in line[1]]
                self.assertEqual((len(tries), said), (3, []))
                self.assertEqual(self.late.waits, not connector)
                self.assert_weights_are_back()

    def test_without_the_setting_memory_is_not_waited_for(self):
        os.environ["TMPFS_SLEEP_LATE"] = "0"
        self.asleep()
        self.world.refuse["cuMemCreate"] = 2
        self.replace_sleep(lambda _: self.fail("it waits"))
        self.assertIn("vLLM's extension", dict(self.wake_up())["fallback"])

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
    def fail_to_wake(self):
        self.world.refuse["cudaMemcpy"] = 1
        with self.assertRaises(RuntimeError):
            self.wake_up()
        self.world.refuse.clear()

    def test_after_a_wake_up_that_failed_nothing_is_mapped(self):
        self.asleep()
        self.fail_to_wake()
        self.assertFalse(self.late.waits)
        self.assertTrue(all(data.is_asleep for data in self.world.pointer_to_data.values()))
        self.assertEqual(len(self.calls("cuMemUnmap")), len(self.calls("cuMemMap")))
        self.assertEqual(len(self.calls("cuMemRelease")), len(self.calls("cuMemMap")))

    def test_another_wake_up_begins_anew(self):
        self.asleep()
        self.fail_to_wake()
        self.world.calls.clear()
        self.wake_up()
        self.assertEqual(self.mapped(self.layers[0]), [(0, 2 * MB)])
        self.printed(lambda: self.pool.get_new_blocks(32))
        self.assert_complete()

    def test_what_came_back_with_an_earlier_part_stays(self):
        self.asleep()
        self.printed(lambda: self.worker.wake_up(["weights"]))
        self.world.refuse["cuMemMap"] = 1
        create_and_map = sys.modules["vllm.device_allocator.cumem"].create_and_map
        self.addCleanup(setattr, sys.modules["vllm.device_allocator.cumem"], "create_and_map", create_and_map)

        def refuse(_):
            raise RuntimeError("CUDA Error: out of memory")

        sys.modules["vllm.device_allocator.cumem"].create_and_map = refuse
        with self.assertRaisesRegex(RuntimeError, "out of memory"):
            self.printed(lambda: self.worker.wake_up(["kv_cache"]))
        self.world.refuse.clear()
        for address, content in self.weights.items():
            self.assertEqual(self.world.read(address), content)
        self.world.calls.clear()
        self.printed(lambda: self.worker.wake_up(["kv_cache"]))
        self.printed(self.core._process_engine_step)
        self.assert_complete()
