// process/system_calls.c
#include "process/system_calls.h"

#include "process/sanitizer.h"

#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel remembers which calls are allowed whatever their arguments are, and does not run the filter for them
// (since 5.11). So what happens for each request stands here without conditions.
// clang-format off
static const int allowed[] = {
    // the loop
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(signalfd4),
    // connections
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
    SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    // files: which ones is Landlock's to say
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
    SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(preadv2), SCMP_SYS(sendfile), SCMP_SYS(lseek), SCMP_SYS(open),
    SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(fadvise64), SCMP_SYS(readahead), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(flock),
    // memory; mmap and mprotect are below
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
    // threads; clone is below
    SCMP_SYS(futex), SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(membarrier), SCMP_SYS(exit), SCMP_SYS(exit_group),
    // signals
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    // clocks and chance
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
    // what it is
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage), SCMP_SYS(getrlimit),
    SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getcpu),
};
// clang-format on

// Not looked for: they end the process at once.
// clang-format off
static const int fatal[] = {
    // to run something else
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
    // to look into other processes, or take from them
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
    // to reach files another way
    SCMP_SYS(open_by_handle_at), SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(mount),
    SCMP_SYS(umount2), SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
    SCMP_SYS(setns), SCMP_SYS(unshare),
    // the parts of the kernel in which its faults have been
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(add_key), SCMP_SYS(request_key),
    SCMP_SYS(keyctl), SCMP_SYS(modify_ldt), SCMP_SYS(vmsplice),
    // the machine
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog),
};
// clang-format on

static const int refused[] = {
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
};

enum { THREAD_FLAGS = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD };

// What its arguments decide. Only values in registers can be looked at; clone3's lie in memory, so glibc is told that
// there is none, and takes clone.
static const struct {
    int call;
    uint32_t action;
    struct scmp_arg_cmp when;
} judged[] = {
    {SCMP_SYS(mmap), SCMP_ACT_ALLOW, {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}}, // data is not run
    {SCMP_SYS(mprotect), SCMP_ACT_ALLOW, {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(mmap), SCMP_ACT_ERRNO(EACCES), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC}},
    {SCMP_SYS(mprotect), SCMP_ACT_ERRNO(EACCES), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC}},
    {SCMP_SYS(clone), SCMP_ACT_ALLOW, {0, SCMP_CMP_MASKED_EQ, THREAD_FLAGS, THREAD_FLAGS}},
    {SCMP_SYS(clone), SCMP_ACT_KILL_PROCESS, {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0}},
    {SCMP_SYS(prlimit64), SCMP_ACT_ALLOW, {2, SCMP_CMP_EQ, 0, 0}}, // asked for, not set
    {SCMP_SYS(setpriority),
     SCMP_ACT_ALLOW,
     {0, SCMP_CMP_EQ, PRIO_PROCESS, 0}}, // helpers stand behind
    {SCMP_SYS(prctl), SCMP_ACT_ALLOW, {0, SCMP_CMP_MASKED_EQ, UINT32_MAX, PR_SET_NAME}},
    {SCMP_SYS(prctl), SCMP_ACT_ALLOW, {0, SCMP_CMP_MASKED_EQ, UINT32_MAX, PR_GET_NAME}},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, F_GETFD}},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, F_SETFD}},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, F_GETFL}},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, F_SETFL}},
    {SCMP_SYS(fcntl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, F_DUPFD_CLOEXEC}},
    {SCMP_SYS(ioctl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, TCGETS}}, // isatty()
    {SCMP_SYS(ioctl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, SIOCINQ}},
    {SCMP_SYS(ioctl), SCMP_ACT_ALLOW, {1, SCMP_CMP_MASKED_EQ, UINT32_MAX, SIOCOUTQ}},
};

static bool is_sanitizers(int call)
{
    for (size_t i = 0; i < weft_sanitizer_call_count; i++) {
        if (weft_sanitizer_calls[i] == call) return true;
    }
    return false;
}

static int add_all(scmp_filter_ctx filter, const int *calls, size_t count, uint32_t action)
{
    for (size_t i = 0; i < count; i++) {
        if (action != SCMP_ACT_ALLOW && is_sanitizers(calls[i])) continue;
        int result = seccomp_rule_add(filter, action, calls[i], 0);
        if (result < 0 && result != -EEXIST) return result;
    }
    return 0;
}

static int add_judged(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < WEFT_COUNT(judged); i++) {
        if (is_sanitizers(judged[i].call)) continue;
        int result =
            seccomp_rule_add_array(filter, judged[i].action, judged[i].call, 1, &judged[i].when);
        if (result < 0 && result != -EEXIST) return result;
    }
    return 0;
}

// abort() sends a signal to a thread of ours; to those of others nothing is sent.
static int add_own_signals(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp is_ours = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &is_ours);
}

static int fill(scmp_filter_ctx filter)
{
    int result = add_all(filter, allowed, WEFT_COUNT(allowed), SCMP_ACT_ALLOW);
    if (result == 0) {
        result = add_all(filter, weft_sanitizer_calls, weft_sanitizer_call_count, SCMP_ACT_ALLOW);
    }
    if (result == 0) result = add_all(filter, fatal, WEFT_COUNT(fatal), SCMP_ACT_KILL_PROCESS);
    if (result == 0) result = add_all(filter, refused, WEFT_COUNT(refused), SCMP_ACT_ERRNO(EACCES));
    if (result == 0) result = add_judged(filter);
    if (result == 0) result = add_own_signals(filter);
    // Calls of the x32 form and of 32-bit programs are no way around it.
    if (result == 0) {
        result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    }
    if (result == 0) result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
    if (result == 0) result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (result == 0) result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); // a tree
    // Kernels before 5.16 slow every process down that has a filter, in case it runs the code of strangers. Ours does not.
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    return result;
}

static bool is_there(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int weft_system_calls_restrict(char *error, size_t error_size)
{
    if (!is_there()) return -ENOSYS;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int result = filter ? fill(filter) : -ENOMEM;
    if (result == 0) result = seccomp_load(filter);
    if (filter) seccomp_release(filter);
    if (result < 0) {
        snprintf(error, error_size, "cannot restrict the worker's system calls: %s",
                 strerror(-result));
    }
    return result;
}
