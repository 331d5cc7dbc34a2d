"""Makes a thread of a running process do a system call, as whoever has taken it over could. On x86-64, with ptrace(2)."""

import ctypes
import os
import platform
import signal

from conftest import until

ATTACH, DETACH, CONT, SINGLESTEP, GETREGS, SETREGS, POKEDATA, PEEKTEXT = 16, 17, 7, 9, 12, 13, 5, 1
WALL = 0x40000000
SYSCALL = b"\x0f\x05"
NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base "
         "ds es fs gs").split()  # fmt: skip


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in NAMES]


libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def can_be_used():
    return platform.machine() == "x86_64" and os.geteuid() == 0


def ptrace(request, thread, address=None, data=None):
    ctypes.set_errno(0)
    result = libc.ptrace(request, thread, address, data)
    if result == -1 and ctypes.get_errno() != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Puppet:
    """A thread that is in a system call or just behind one, stopped while it is used."""

    def __init__(self, thread):
        self.thread, self.saved = thread, Registers()

    def __enter__(self):
        until(self._stops_at_a_call, "it was never seen in a system call")
        return self

    def _stops_at_a_call(self):
        """Stops the thread; lets it go again where it computes, as one that has just started may."""
        ptrace(ATTACH, self.thread)
        os.waitpid(self.thread, WALL)
        ptrace(GETREGS, self.thread, None, ctypes.addressof(self.saved))
        word = ptrace(PEEKTEXT, self.thread, self.saved.rip - 2) & 0xFFFF
        if word.to_bytes(2, "little") == SYSCALL:
            return True
        ptrace(DETACH, self.thread)
        return False

    def _write(self, address, data):
        data += bytes(-len(data) % 8)
        for i in range(0, len(data), 8):
            ptrace(POKEDATA, self.thread, address + i, int.from_bytes(data[i : i + 8], "little"))

    def call(self, number, *arguments):
        """What the system call gives, negative errno included; None where it has ended the process. Texts are put below its
        stack."""
        registers, room = Registers.from_buffer_copy(self.saved), self.saved.rsp - 4096
        for name, argument in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
            if isinstance(argument, bytes):
                self._write(room, argument + b"\0")
                argument, room = room, room + 256
            setattr(registers, name, argument & 0xFFFFFFFFFFFFFFFF)
        registers.rax, registers.orig_rax, registers.rip = number, 0xFFFFFFFFFFFFFFFF, self.saved.rip - 2
        ptrace(SETREGS, self.thread, None, ctypes.addressof(registers))
        ptrace(SINGLESTEP, self.thread)
        _, status = os.waitpid(self.thread, WALL)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGSYS, status
            return None
        if os.WSTOPSIG(status) != signal.SIGTRAP:
            return f"stopped by {signal.Signals(os.WSTOPSIG(status)).name}"
        ptrace(GETREGS, self.thread, None, ctypes.addressof(registers))
        return ctypes.c_longlong(registers.rax).value

    def __exit__(self, *_):
        try:
            ptrace(SETREGS, self.thread, None, ctypes.addressof(self.saved))
            ptrace(DETACH, self.thread)
        except ProcessLookupError:
            pass  # it has ended
