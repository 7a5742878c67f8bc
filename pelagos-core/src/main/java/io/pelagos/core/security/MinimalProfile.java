package io.pelagos.core.security;

import static io.pelagos.core.security.SeccompCondition.Operator.EQ;
import static io.pelagos.core.security.SeccompCondition.arg;
import static io.pelagos.core.security.SeccompCondition.masked;

import io.pelagos.core.kernel.Errno;
import java.util.List;

/**
 * The small profile: what a C library and an ordinary program on top of it need, and nothing for
 * old binaries, tracing, administration or communication by System V IPC. Only calls of the
 * machine's own architecture are known; a 32-bit call kills the process.
 *
 * <p>It agrees with the way containers are started: a process can give up capabilities and rights
 * after the filter is there (capset, prctl, seccomp, Landlock), threads can be made (clone without
 * namespaces, to which a C library goes back when clone3 is missing), and the identity can be
 * changed by those whose capabilities allow it.
 */
final class MinimalProfile {
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    /** The C library asks for the machine's own addresses before it looks up a name. */
    private static final int AF_NETLINK = 16;

    private static final List<CallGroup> EVERYWHERE =
            List.of(
                    new CallGroup(
                            "programs and processes",
                            """
                    execve execveat exit exit_group wait4 waitid getpid
                    getppid gettid set_tid_address set_robust_list
                    get_robust_list rseq restart_syscall getpgid getsid
                    setpgid setsid
                    """),
                    new CallGroup(
                            "memory",
                            """
                    brk mmap munmap mprotect mremap madvise mincore msync
                    mlock mlock2 munlock membarrier memfd_create
                    """),
                    new CallGroup(
                            "reading and writing",
                            """
                    read pread64 readv preadv preadv2 write pwrite64 writev
                    pwritev pwritev2 lseek sendfile copy_file_range splice
                    tee fsync fdatasync sync_file_range truncate ftruncate
                    fallocate fadvise64 readahead
                    """),
                    new CallGroup(
                            "descriptors, and waiting for them",
                            """
                    openat openat2 close close_range dup dup3 fcntl flock
                    ioctl pipe2 pselect6 ppoll epoll_create1 epoll_ctl
                    epoll_pwait epoll_pwait2 eventfd2 signalfd4
                    inotify_init1 inotify_add_watch inotify_rm_watch
                    """),
                    new CallGroup(
                            "files and directories; the kernel asks for a capability before it makes a device",
                            """
                    fstat newfstatat statx faccessat faccessat2 readlinkat
                    statfs fstatfs getcwd chdir fchdir getdents64 mkdirat
                    mknodat linkat symlinkat unlinkat renameat renameat2
                    fchmod fchmodat fchmodat2 fchown fchownat umask
                    utimensat getxattr lgetxattr fgetxattr listxattr
                    llistxattr flistxattr
                    """),
                    new CallGroup(
                            "locks and signals",
                            """
                    futex futex_waitv kill tkill tgkill pidfd_open
                    pidfd_send_signal rt_sigaction rt_sigpending
                    rt_sigprocmask rt_sigqueueinfo rt_sigreturn
                    rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo
                    sigaltstack
                    """),
                    new CallGroup(
                            "time",
                            """
                    times gettimeofday clock_gettime clock_getres
                    clock_nanosleep nanosleep getitimer setitimer
                    timer_create timer_delete timer_getoverrun timer_gettime
                    timer_settime timerfd_create timerfd_gettime
                    timerfd_settime
                    """),
                    new CallGroup(
                            "who one is, and becoming less",
                            """
                    getuid geteuid getgid getegid getresuid getresgid
                    getgroups capget capset prctl seccomp
                    landlock_create_ruleset landlock_add_rule
                    landlock_restrict_self
                    """),
                    new CallGroup(
                            "sockets; socket has rules of its own",
                            """
                    socketpair bind listen accept accept4 connect shutdown
                    getsockname getpeername getsockopt setsockopt sendto
                    sendmsg sendmmsg recvfrom recvmsg recvmmsg
                    """),
                    new CallGroup(
                            "the system, scheduling and limits",
                            """
                    uname sysinfo getrandom getcpu sched_yield
                    sched_getaffinity sched_setaffinity sched_getparam
                    sched_getscheduler sched_get_priority_max
                    sched_get_priority_min getpriority setpriority getrlimit
                    setrlimit prlimit64 getrusage
                    """));

    private static final CallGroup X86_ONLY =
            new CallGroup(
                    "older forms of the calls above; thread-local storage",
                    """
                    fork vfork getpgrp open creat dup2 pipe select poll
                    epoll_create epoll_wait eventfd signalfd inotify_init
                    stat lstat access readlink getdents mkdir rmdir mknod
                    link symlink unlink rename chmod chown lchown utime
                    utimes futimesat pause alarm time arch_prctl
                    """);

    static final SeccompProfile PROFILE = profile();

    private MinimalProfile() {}

    private static SeccompProfile profile() {
        var profile = SeccompProfile.builder(SeccompAction.errno(Errno.EPERM));
        EVERYWHERE.forEach(group -> profile.rule(group.rule()));
        profile.rule(X86_ONLY.rule().onlyFor(SeccompScope.arches("amd64")));
        profile.rule(SeccompRule.allow("clone").when(masked(0, DockerProfile.NAMESPACES, 0)));
        profile.rule(SeccompRule.of(SeccompAction.errno(Errno.ENOSYS), "clone3"));
        for (int family : new int[] {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}) {
            profile.rule(SeccompRule.allow("socket").when(arg(0, EQ, family)));
        }
        profile.rule(
                SeccompRule.allow("setuid", "setreuid", "setresuid", "setfsuid")
                        .onlyFor(SeccompScope.capabilities(Capability.SETUID)));
        profile.rule(
                SeccompRule.allow("setgid", "setregid", "setresgid", "setfsgid", "setgroups")
                        .onlyFor(SeccompScope.capabilities(Capability.SETGID)));
        return profile.build();
    }
}
