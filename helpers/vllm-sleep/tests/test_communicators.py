import os
import threading
import types

from .stubs import Factory, Group
from .test_backend import Case

REFUSED = "these communicators cannot be made again after a sleep: "


class Communicators(Case):
    def setUp(self):
        super().setUp()
        os.environ["TMPFS_SLEEP_COMMUNICATORS"] = "1"
        self.addCleanup(os.environ.pop, "TMPFS_SLEEP_COMMUNICATORS", None)

    def names(self):
        return [call[0] for call in self.world.calls]

    def asleep(self):
        backend = self.backend()
        self.world.calls.clear()
        said = dict(self.printed(lambda: backend.suspend(2)))
        return backend, said

    def test_gone_before_anything_sleeps_and_made_again_in_the_same_objects(self):
        group = Group(self.world, "tp:0", custom=True)
        nccl, custom, first = group.pynccl_comm, group.ca_comm, group.pynccl_comm.comm
        backend, said = self.asleep()
        self.assertEqual(said["communicators"]["gone"], ["ca_comm", "pynccl_comm"])
        self.assertLess(self.names().index("ncclCommDestroy"), self.names().index("cudaMemcpy"))
        self.assertTrue(nccl.disabled and custom.disabled)
        said = dict(self.printed(lambda: backend.resume()))
        self.assertEqual(said["communicators"]["made"], ["ca_comm", "pynccl_comm"])
        self.assertIs(group.pynccl_comm, nccl)
        self.assertIs(group.ca_comm, custom)
        self.assertNotEqual(nccl.comm, first)
        self.assertEqual((nccl.disabled, custom.disabled, custom.max_size), (False, False, 4 << 20))
        self.assert_weights_are_back()

    def test_memory_of_other_ranks_is_unmapped_before_anyone_frees_its_own(self):
        group = Group(self.world, "tp:0", custom=True)
        own, others = zip(group.ca_comm.meta_ptrs, group.ca_comm.buffer_ptrs)
        self.asleep()
        taken = [call for call in self.world.calls if call[0] in ("barrier", "cuIpcCloseMemHandle", "free")]
        self.assertEqual(
            taken,
            [
                ("barrier", group),
                *[("cuIpcCloseMemHandle", address) for address in others],
                ("barrier", group),
                *[("free", address) for address in own],
            ],
        )

    def test_every_group_in_the_order_in_which_all_ranks_made_them(self):
        groups = [Group(self.world, "tp:0"), Group(self.world, "ep:0")]
        self.world.groups["world:0"] = lambda: types.SimpleNamespace(device_communicator=None)
        self.world.groups["gone:0"] = lambda: None
        self.asleep()
        self.assertEqual(self.calls("ncclCommDestroy"), [(group,) for group in groups])

    def test_one_gpu_has_none(self):
        backend, said = self.asleep()
        self.assertNotIn("communicators", said)
        self.assertNotIn("communicators", dict(self.printed(lambda: backend.resume())))
        self.assert_weights_are_back()

    def test_left_alone_unless_asked_for(self):
        del os.environ["TMPFS_SLEEP_COMMUNICATORS"]
        Group(self.world, "tp:0", custom=True)
        backend, _ = self.asleep()
        self.printed(lambda: backend.resume())
        self.assertFalse({"ncclCommDestroy", "ncclCommInitRank", "barrier"} & set(self.names()))

    def test_level_one_as_well(self):
        group = Group(self.world, "tp:0")
        backend = self.backend()
        self.printed(lambda: backend.suspend(1))
        self.assertTrue(group.pynccl_comm.disabled)
        self.printed(lambda: backend.resume())
        self.assertFalse(group.pynccl_comm.disabled)
        self.assert_weights_are_back()

    def test_asleep_twice_and_woken_in_two_steps(self):
        group = Group(self.world, "tp:0")
        backend, _ = self.asleep()
        self.assertNotIn("communicators", dict(self.printed(lambda: backend.suspend(2))))
        self.printed(lambda: backend.resume(["weights"]))
        self.assertFalse(group.pynccl_comm.disabled)
        self.assertNotIn("communicators", dict(self.printed(lambda: backend.resume(["kv_cache"]))))
        self.assertEqual(len(self.calls("ncclCommDestroy")), 1)
        self.assertEqual(len(self.calls("ncclCommInitRank")), 1)

    def test_what_cannot_be_made_again_is_refused_before_anything_is_touched(self):
        group = Group(self.world, "tp:0")
        group.symm_mem_comm, group.all2all_manager, group.other_comm = object(), object(), object()
        backend = self.backend()
        self.world.calls.clear()
        with self.assertRaises(RuntimeError) as refused:
            backend.suspend(2)
        self.assertEqual(
            str(refused.exception),
            f"{REFUSED}all2all_manager of group tp:0 (leave it off: no expert parallelism); "
            "other_comm of group tp:0 (leave it off: not known here); "
            "symm_mem_comm of group tp:0 (leave it off: VLLM_ALLREDUCE_USE_SYMM_MEM=0)",
        )
        self.assertEqual((self.world.calls, backend._state, group.pynccl_comm.disabled), ([], "RUNNING", False))

    def test_a_custom_all_reduce_with_symmetric_memory_is_refused(self):
        group = Group(self.world, "tp:0", custom=True)
        group.ca_comm.mnnvl_handle = None
        backend, _ = self.asleep()
        self.printed(lambda: backend.resume())
        group.ca_comm.mnnvl_handle = object()
        with self.assertRaisesRegex(RuntimeError, r"symmetric memory of ca_comm of group tp:0 \(--disable-custom"):
            backend.suspend(2)
        self.assertFalse(group.pynccl_comm.disabled)

    def test_torchs_own_communicator_is_refused_where_it_was_used(self):
        class Used(types.SimpleNamespace):
            def _get_backend(self, device):
                if self.used is None:
                    raise RuntimeError("No backend type associated with device type cuda")
                return types.SimpleNamespace(_is_initialized=lambda: self.used)

            __hash__ = object.__hash__

        self.world.torch_groups.update({Used(used=False): "1", Used(used=None): "2"})
        gloo = type("Gloo", (), {"_get_backend": lambda self, device: object()})()
        self.world.torch_groups[gloo] = "3"
        Group(self.world, "tp:0")
        backend, _ = self.asleep()
        self.printed(lambda: backend.resume())
        self.world.torch_groups[Used(used=True)] = "4"
        with self.assertRaisesRegex(RuntimeError, "torch's own NCCL communicator of group 4 "):
            backend.suspend(2)

    def test_one_that_is_not_made_again_fails_the_wake_up_and_is_tried_again_by_the_next(self):
        group = Group(self.world, "tp:0", custom=True)
        backend, _ = self.asleep()
        for fault, reason in {"ncclCommInitRank": "NCCL error", "NCCL library": "could not be made again"}.items():
            self.world.refuse[fault] = 1
            with self.assertRaisesRegex(RuntimeError, reason):
                self.printed(lambda: backend.resume())
            self.assertTrue(group.pynccl_comm.disabled)
            self.world.refuse.clear()
        self.printed(lambda: backend.resume())
        self.assertFalse(group.pynccl_comm.disabled or group.ca_comm.disabled)
        self.assertEqual(len(self.calls("create_shared_buffer")), 1)
        self.assert_weights_are_back()

    def test_a_wake_up_that_fails_says_why_itself_and_leaves_no_thread(self):
        group = Group(self.world, "tp:0")
        backend, _ = self.asleep()
        self.world.refuse["cudaMemcpy"] = 1
        with self.assertRaisesRegex(RuntimeError, "CUDART error"):
            self.printed(lambda: backend.resume())
        self.assertFalse(any("communicators" in thread.name for thread in threading.enumerate()))
        self.world.refuse.clear()
        self.printed(lambda: backend.resume())
        self.assertFalse(group.pynccl_comm.disabled)
        self.assert_weights_are_back()

    def test_cuda_graphs_would_keep_the_old_ones(self):
        import tmpfs_sleep

        create, registry = Factory.__dict__["create_backend"], dict(Factory._registry)
        self.addCleanup(lambda: (setattr(Factory, "create_backend", create), setattr(Factory, "_registry", registry)))
        tmpfs_sleep.register()
        config = types.SimpleNamespace(sleep_mode_backend="cumem", enforce_eager=False)
        with self.assertRaisesRegex(RuntimeError, "needs --enforce-eager: CUDA graphs keep addresses"):
            Factory.create_backend(config)
        config.enforce_eager = True
        self.printed(lambda: self.assertEqual(type(Factory.create_backend(config)).__name__, "TmpfsBackend"))
