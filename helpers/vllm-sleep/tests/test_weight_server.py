"""weight-server.c itself, with a libcuda whose GPU memory is memfds (helpers/cuda/fake-memory.c)."""

import ctypes
import importlib
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))
KB = 1 << 10


@unittest.skipUnless(shutil.which("gcc"), "needs gcc")
class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory()
        cls.library, cls.program = f"{cls.built.name}/libcuda.so", f"{cls.built.name}/weight-server"
        fakes = [HERE.parent / "cuda" / name for name in ("fake-libcuda.c", "fake-memory.c")]
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", cls.library, *fakes], check=True)
        subprocess.run(
            ["gcc", "-O1", "-Wall", "-Werror", "-pthread", "-o", cls.program, HERE / "weight-server.c", "-ldl"],
            check=True,
        )

    @classmethod
    def tearDownClass(cls):
        cls.built.cleanup()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        driver, self.served = (importlib.import_module(f"tmpfs_sleep.{name}") for name in ("driver", "served"))
        before = driver.Driver.library
        driver.Driver.library = ctypes.CDLL(self.library)
        self.addCleanup(setattr, driver.Driver, "library", before)
        self.driver = driver.Driver()
        self.path = f"{self.folder.name}/weights-1.img"

    def image(self, sizes):
        """Blocks that are asleep, and their content."""
        content = [os.urandom(size) for size in sizes]
        pathlib.Path(self.path).write_bytes(b"".join(content))
        pathlib.Path(self.served.beside(self.path, "blocks")).write_text(
            "device 0\n" + "".join(f"{size}\n" for size in sizes)
        )
        self.blocks, self.allocations, self.numbers, offset = [], {}, [], 0
        for size in sizes:
            address, number = ctypes.c_uint64(), ctypes.c_uint64()
            self.driver._call(
                "cuMemAddressReserve",
                ctypes.byref(address),
                ctypes.c_size_t(size),
                ctypes.c_size_t(0),
                ctypes.c_uint64(0),
                ctypes.c_uint64(0),
            )
            self.blocks.append((offset, address.value, size))
            self.allocations[address.value] = types.SimpleNamespace(
                handle=(0, size, address.value, ctypes.addressof(number)), is_asleep=True
            )
            self.numbers.append(number)
            offset += size
        return content

    def serve(self, *options, **environment):
        usual = "--linger 0 --patience 5 --cpus 5 --piece-mb 1".split()
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        program = subprocess.Popen(
            [self.program, self.folder.name, "weights-1", *usual, *options],
            env={**os.environ, "CUDA_LIBRARY": self.library, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # low, as a shell's is for some models
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, most)),
        )
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        for pipe in (program.stdin, program.stdout):
            self.addCleanup(pipe.close)
        return program

    def events(self, program, until):
        """What it says up to that event."""
        seen = []
        while not seen or seen[-1]["event"] != until:
            line = program.stdout.readline()
            self.assertTrue(line.startswith("weight-server: "), f"{line!r} after {seen}")
            seen.append(json.loads(line.removeprefix("weight-server: ")))
        self.assertEqual([event["at"] for event in seen], sorted(event["at"] for event in seen))
        return [event["event"] for event in seen], seen[-1]

    def go_on(self, program):
        """Says the word that it waits for."""
        program.stdin.write("\n")
        program.stdin.flush()

    def take(self):
        return self.served.Served(self.served.offer(self.path), self.blocks, self.allocations, self.driver)

    def assert_content(self, content):
        for (_, address, size), expected in zip(self.blocks, content, strict=True):
            self.assertEqual(ctypes.string_at(address, size), expected)

    def assert_filled(self, memory, content):
        """Waits for it and gives it back. Returns the program's own seconds."""
        steps = memory.wait()
        self.assert_content(content)
        memory.give_back()
        return steps

    def test_hands_over_what_the_file_holds(self):
        # more blocks than one message carries, pieces that end within blocks, bursts of more pieces than there are
        for sizes, options in (
            ([12 * KB] * 600, ()),
            ([4 * KB], ("--burst", "1")),
            ([3 << 20, 4 * KB, (2 << 20) + 4 * KB], ("--burst", "100", "--cpus", "1")),
        ):
            content = self.image(sizes)
            program = self.serve(*options)
            self.events(program, "started")
            self.events(program, "export")
            memory = self.take()
            steps = memory.wait()
            self.assert_content(content)
            self.assertLessEqual({"began", "context", "memory", "filled", "unpinned"}, set(steps))
            self.assertEqual(program.wait(), 0)
            self.assert_content(content)
            self.assertFalse(os.path.exists(self.served.beside(self.path, "sock")))
            memory.give_back()

    def test_copies_on_beside_a_client_that_came_early(self):
        for options in (("--cpus", "1"), ("--burst", "2")):
            content = self.image([3 << 20, 4 * KB] * 4)
            program = self.serve("--wait", "copy", *options)
            self.events(program, "waiting")
            memory = self.take()
            self.go_on(program)
            self.assert_filled(memory, content)

    def test_several_serve_one_client_each(self):
        content = self.image([64 * KB, 3 << 20])
        programs = [self.serve("--socket", f"weights-1.{number}") for number in (1, 2)]
        # of another process of the engine, whose number begins alike
        other = self.serve("--socket", "weights-12.1")
        for program in (*programs, other):
            self.events(program, "export")
        for _ in programs:
            self.assert_filled(self.take(), content)
        self.assertEqual([program.wait() for program in programs], [0, 0])
        self.assertIsNone(self.served.offer(self.path))

    def test_steps_wait_for_a_word_where_they_are_told_to(self):
        content = self.image([64 * KB] * 3)
        program = self.serve("--wait", "context,copy")
        seen, last = self.events(program, "waiting")
        self.assertEqual((seen, last["for"]), (["started", "waiting"], "context"))
        self.go_on(program)
        seen, last = self.events(program, "waiting")
        # the memory is exported meanwhile
        seen = [event for event in seen if event != "export"]
        self.assertEqual((seen, last["for"]), (["init", "context", "memory", "waiting"], "copy"))
        memory = self.take()
        self.go_on(program)
        self.assert_filled(memory, content)

    def test_a_driver_that_refuses_ends_it_with_the_call_and_the_client_with_it(self):
        for call in ("cuDevicePrimaryCtxRetain", "cuMemCreate", "cuMemExportToShareableHandle", "cuMemcpyHtoDAsync_v2"):
            self.image([64 * KB])
            program = self.serve(FAKE_CUDA_REFUSE=call)
            _, last = self.events(program, "failed")
            self.assertEqual(last["why"], f"{call.removesuffix('_v2')}: CUDA error 999")
            self.assertEqual(program.wait(), 1)
            with self.assertRaises(self.served.Unserved):
                self.take()
            self.assertTrue(all(data.is_asleep for data in self.allocations.values()))

    def test_what_cannot_be_pinned_is_copied_all_the_same(self):
        content = self.image([64 * KB])
        self.serve(FAKE_CUDA_REFUSE="cuMemHostRegister_v2")
        for _ in range(500):
            if os.path.exists(self.served.beside(self.path, "sock")):
                break
            __import__("time").sleep(0.01)
        memory = self.take()
        self.assertEqual(self.assert_filled(memory, content)["unpinned"], 1)

    def test_two_cpus_are_left_and_no_more_than_eight_threads_read(self):
        self.image([64 * KB])
        for cpus, threads in ((1, 1), (3, 1), (4, 2), (10, 8), (11, 8), (64, 8)):
            _, started = self.events(self.serve("--cpus", str(cpus)), "started")
            self.assertEqual(started["threads"], threads)

    def test_files_that_do_not_go_together(self):
        self.image([64 * KB])
        os.truncate(self.path, 64 * KB - 1)
        _, last = self.events(self.serve(), "failed")
        self.assertEqual(last["why"], "weights-1.blocks lists 65536 bytes, weights-1.img has 65535")
        self.image([1000])
        _, last = self.events(self.serve(), "failed")
        self.assertEqual(last["why"], "block 0 has 1000 bytes, no multiple of 4096")

    def test_options_that_it_does_not_know_and_values_that_are_none(self):
        self.image([64 * KB])
        for options, why in (
            (("--linger",), "--linger has no value"),
            (("--wait", ""), "--wait has no value"),
            (("--chunk-mb", "4"), "--chunk-mb 4: unknown, or no such value"),
            (("--burst", "0"), "--burst 0: unknown, or no such value"),
            (("--cpus", "3abc"), "--cpus 3abc: unknown, or no such value"),
            (("--linger", "-1"), "--linger -1: unknown, or no such value"),
            (("--patience", "4294967297"), "--patience 4294967297: unknown, or no such value"),
        ):
            _, last = self.events(self.serve(*options), "failed")
            self.assertEqual(last["why"], why)

    def test_a_client_that_never_comes_and_one_that_leaves(self):
        self.image([64 * KB])
        _, last = self.events(self.serve("--patience", "1"), "failed")
        self.assertEqual(last["why"], "no client came within 1 s")
        program = self.serve("--wait", "copy")
        self.events(program, "waiting")
        self.take().give_back()
        self.go_on(program)
        self.assertRegex(self.events(program, "failed")[1]["why"], "client")


if __name__ == "__main__":
    unittest.main()
