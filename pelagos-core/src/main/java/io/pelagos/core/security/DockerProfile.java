package io.pelagos.core.security;

import static io.pelagos.core.security.SeccompCondition.Operator.EQ;
import static io.pelagos.core.security.SeccompCondition.Operator.GT;
import static io.pelagos.core.security.SeccompCondition.Operator.LT;
import static io.pelagos.core.security.SeccompCondition.arg;
import static io.pelagos.core.security.SeccompCondition.masked;

import io.pelagos.core.kernel.Errno;
import java.util.List;

/**
 * The default profile: what Docker's allows, said in the order of what calls are for.
 *
 * <p>Not allowed for anybody: the kernel's keyrings (not namespaced), io_uring, userfaultfd and
 * other ways in that exploits favour; kexec, swap, NFS and quota control of old; moving the pages
 * of others.
 */
final class DockerProfile {
    /** The bits of clone(2) that make namespaces: only CLONE_NEWTIME cannot be asked for there. */
    static final long NAMESPACES = 0x7E020000L;

    private static final int AF_ALG = 38;
    private static final int AF_NFC = 39;
    private static final int AF_VSOCK = 40;

    private static final long PER_LINUX32 = 8;
    private static final long UNAME26 = 0x20000;
    private static final long QUERY = 0xffffffffL;

    /** Calls that are allowed with any arguments. */
    private static final List<CallGroup> EVERYWHERE =
            List.of(
                    new CallGroup(
                            "reading and writing",
                            """
                    read pread64 readv preadv preadv2 write pwrite64 writev
                    pwritev pwritev2 lseek _llseek readahead sendfile
                    sendfile64 copy_file_range splice tee vmsplice fadvise64
                    sync syncfs fsync fdatasync sync_file_range truncate
                    truncate64 ftruncate ftruncate64 fallocate cachestat
                    """),
                    new CallGroup(
                            "opening and duplicating descriptors",
                            """
                    open openat openat2 creat close close_range dup dup2
                    dup3 fcntl fcntl64 flock ioctl pipe pipe2
                    name_to_handle_at
                    """),
                    new CallGroup(
                            "waiting for descriptors",
                            """
                    _newselect pselect6 pselect6_time64 poll ppoll
                    ppoll_time64 epoll_create epoll_create1 epoll_ctl
                    epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
                    signalfd signalfd4
                    """),
                    new CallGroup(
                            "asynchronous I/O without io_uring",
                            """
                    io_setup io_submit io_cancel io_getevents io_pgetevents
                    io_pgetevents_time64 io_destroy
                    """),
                    new CallGroup(
                            "facts about files",
                            """
                    stat stat64 lstat lstat64 fstat fstat64 fstatat64
                    newfstatat statx access faccessat faccessat2 readlink
                    readlinkat statfs statfs64 fstatfs fstatfs64 getcwd
                    getdents getdents64
                    """),
                    new CallGroup(
                            "changing the tree of files",
                            """
                    chdir fchdir mkdir mkdirat rmdir link linkat symlink
                    symlinkat unlink unlinkat rename renameat renameat2
                    mknod mknodat
                    """),
                    new CallGroup(
                            "owners, modes, times and attributes of files",
                            """
                    chmod fchmod fchmodat fchmodat2 chown chown32 fchown
                    fchown32 fchownat lchown lchown32 umask utimes futimesat
                    utimensat utimensat_time64 getxattr lgetxattr fgetxattr
                    getxattrat setxattr lsetxattr fsetxattr setxattrat
                    listxattr llistxattr flistxattr listxattrat removexattr
                    lremovexattr fremovexattr removexattrat
                    """),
                    new CallGroup(
                            "watching files; fanotify marks need a group, which only CAP_SYS_ADMIN gets",
                            """
                    inotify_init inotify_init1 inotify_add_watch
                    inotify_rm_watch fanotify_mark
                    """),
                    new CallGroup(
                            "facts about mounts",
                            """
                    listmount statmount
                    """),
                    new CallGroup(
                            "memory",
                            """
                    brk mmap mmap2 munmap mremap mprotect madvise mincore
                    msync mlock mlock2 mlockall munlock munlockall mseal
                    remap_file_pages memfd_create memfd_secret membarrier
                    pkey_alloc pkey_free pkey_mprotect map_shadow_stack
                    """),
                    new CallGroup(
                            "processes and threads; clone and clone3 have rules of their own",
                            """
                    fork vfork execve execveat exit exit_group wait4 waitid
                    set_tid_address rseq restart_syscall process_mrelease
                    """),
                    new CallGroup(
                            "locks",
                            """
                    futex futex_time64 futex_waitv futex_wait futex_wake
                    futex_requeue get_robust_list set_robust_list
                    """),
                    new CallGroup(
                            "identity: the kernel asks for capabilities itself",
                            """
                    getpid getppid gettid getpgid getpgrp getsid setpgid
                    setsid getuid getuid32 geteuid geteuid32 getgid getgid32
                    getegid getegid32 getresuid getresuid32 getresgid
                    getresgid32 getgroups getgroups32 setuid setuid32 setgid
                    setgid32 setreuid setreuid32 setregid setregid32
                    setresuid setresuid32 setresgid setresgid32 setfsuid
                    setfsuid32 setfsgid setfsgid32 setgroups setgroups32
                    capget capset prctl
                    """),
                    new CallGroup(
                            "signals",
                            """
                    kill tkill tgkill pidfd_open pidfd_send_signal
                    rt_sigaction rt_sigpending rt_sigprocmask
                    rt_sigqueueinfo rt_sigreturn rt_sigsuspend
                    rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
                    sigaltstack sigprocmask sigreturn pause
                    """),
                    new CallGroup(
                            "time; setting a clock has a rule of its own, adjtimex without CAP_SYS_TIME only reads",
                            """
                    times gettimeofday clock_gettime clock_gettime64
                    clock_getres clock_getres_time64 clock_nanosleep
                    clock_nanosleep_time64 nanosleep adjtimex clock_adjtime
                    clock_adjtime64 getitimer setitimer timer_create
                    timer_delete timer_getoverrun timer_gettime
                    timer_gettime64 timer_settime timer_settime64
                    timerfd_create timerfd_gettime timerfd_gettime64
                    timerfd_settime timerfd_settime64
                    """),
                    new CallGroup(
                            "scheduling and limits",
                            """
                    sched_getaffinity sched_setaffinity sched_getattr
                    sched_setattr sched_getparam sched_setparam
                    sched_getscheduler sched_setscheduler
                    sched_get_priority_max sched_get_priority_min
                    sched_rr_get_interval sched_rr_get_interval_time64
                    sched_yield getpriority setpriority ioprio_get
                    ioprio_set getrlimit ugetrlimit setrlimit prlimit64
                    getrusage getcpu
                    """),
                    new CallGroup(
                            "sockets; socket has rules of its own",
                            """
                    socketpair bind listen accept accept4 connect shutdown
                    getsockname getpeername getsockopt setsockopt sendto
                    sendmsg sendmmsg recvfrom recvmsg recvmmsg
                    recvmmsg_time64
                    """),
                    new CallGroup(
                            "System V and POSIX communication between processes, in the container's own namespace",
                            """
                    msgctl msgget msgrcv msgsnd semctl semget semop
                    semtimedop semtimedop_time64 shmat shmctl shmdt shmget
                    mq_getsetattr mq_notify mq_open mq_timedreceive
                    mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
                    mq_unlink
                    """),
                    new CallGroup(
                            "giving up rights: only ever makes a process weaker",
                            """
                    seccomp landlock_add_rule landlock_create_ruleset
                    landlock_restrict_self
                    """),
                    new CallGroup(
                            "facts about the system",
                            """
                    uname sysinfo getrandom
                    """));

    private static final List<CallGroup> X86_ONLY =
            List.of(
                    new CallGroup(
                            "calls of old that only x86 has",
                            """
                    alarm epoll_ctl_old epoll_wait_old fadvise64_64 get_thread_area ipc select
                    set_thread_area socketcall time utime waitpid
                    """),
                    new CallGroup("returning from a traced function", "uretprobe"),
                    new CallGroup("thread-local storage and segments", "arch_prctl modify_ldt"));

    private static final List<CallGroup> ARM_ONLY =
            List.of(
                    new CallGroup("calls of old that only 32-bit Arm has", "recv send"),
                    new CallGroup(
                            "arguments in another order",
                            """
                    arm_fadvise64_64 arm_sync_file_range sync_file_range2
                    """),
                    new CallGroup("private calls", "breakpoint cacheflush set_tls"));

    /** Calls that act beyond the container unless it was given the power to do so. */
    private static final List<Powers> WITH_CAPABILITY =
            List.of(
                    new Powers(Capability.DAC_READ_SEARCH, "open_by_handle_at"),
                    new Powers(
                            Capability.SYS_ADMIN,
                            """
                    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
                    lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr
                    move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
                    sethostname setns syslog umount umount2 unshare
                    """),
                    new Powers(Capability.SYS_BOOT, "reboot"),
                    new Powers(Capability.SYS_CHROOT, "chroot"),
                    new Powers(Capability.SYS_MODULE, "delete_module finit_module init_module"),
                    new Powers(Capability.SYS_PACCT, "acct"),
                    new Powers(
                            Capability.SYS_PTRACE,
                            """
                    kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace
                    """),
                    new Powers(Capability.SYS_RAWIO, "ioperm iopl"),
                    new Powers(
                            Capability.SYS_TIME,
                            """
                    clock_settime clock_settime64 settimeofday stime
                    """),
                    new Powers(Capability.SYS_TTY_CONFIG, "vhangup"),
                    new Powers(
                            Capability.SYS_NICE,
                            """
                    get_mempolicy mbind set_mempolicy set_mempolicy_home_node
                    """),
                    new Powers(Capability.SYSLOG, "syslog"),
                    new Powers(Capability.BPF, "bpf"),
                    new Powers(Capability.PERFMON, "perf_event_open"));

    static final SeccompProfile PROFILE = profile();

    private DockerProfile() {}

    private static SeccompProfile profile() {
        var profile =
                SeccompProfile.builder(SeccompAction.errno(Errno.EPERM))
                        .archMap(SeccompArch.X86_64, SeccompArch.X86, SeccompArch.X32)
                        .archMap(SeccompArch.AARCH64, SeccompArch.ARM);
        EVERYWHERE.forEach(group -> profile.rule(group.rule()));
        X86_ONLY.forEach(group -> profile.rule(group.rule().onlyFor(SeccompScope.arches("amd64"))));
        ARM_ONLY.forEach(group -> profile.rule(group.rule().onlyFor(SeccompScope.arches("arm64"))));
        WITH_CAPABILITY.forEach(powers -> profile.rule(powers.rule()));
        tracing(profile);
        newProcesses(profile);
        sockets(profile);
        personalities(profile);
        return profile.build();
    }

    private static void tracing(SeccompProfile.Builder profile) {
        profile.rule(
                SeccompRule.allow("process_vm_readv", "process_vm_writev", "ptrace")
                        .onlyFor(SeccompScope.kernelFrom(new KernelVersion(4, 8)))
                        .comment("before 4.8 a tracer could get round the filter"));
    }

    private static void newProcesses(SeccompProfile.Builder profile) {
        var admin = SeccompScope.capabilities(Capability.SYS_ADMIN);
        profile.rule(
                SeccompRule.allow("clone")
                        .when(masked(0, NAMESPACES, 0))
                        .notFor(admin)
                        .comment("processes and threads, no namespaces"));
        profile.rule(
                SeccompRule.of(SeccompAction.errno(Errno.ENOSYS), "clone3")
                        .notFor(admin)
                        .comment("its flags cannot be seen; libraries then use clone"));
    }

    /**
     * AF_ALG and AF_VSOCK are not namespaced; a socket of the latter talks to the hypervisor.
     *
     * <p>The kernel looks at 32 bits of the family. A family with others set would pass as greater
     * than AF_VSOCK and then be AF_VSOCK. It gets the answer that a family that does not exist
     * gets: this is the one place where this profile refuses what Docker's allows.
     */
    private static void sockets(SeccompProfile.Builder profile) {
        profile.rule(
                SeccompRule.of(SeccompAction.errno(Errno.EAFNOSUPPORT), "socket")
                        .when(arg(0, GT, 0xffffffffL))
                        .comment("no family has more than 32 bits"));
        profile.rule(SeccompRule.allow("socket").when(arg(0, LT, AF_ALG)));
        profile.rule(SeccompRule.allow("socket").when(arg(0, EQ, AF_NFC)));
        profile.rule(
                SeccompRule.allow("socket")
                        .when(arg(0, GT, AF_VSOCK))
                        .comment("all families but AF_ALG and AF_VSOCK"));
    }

    /** Others, as READ_IMPLIES_EXEC and ADDR_NO_RANDOMIZE, take protections away. */
    private static void personalities(SeccompProfile.Builder profile) {
        for (long personality :
                new long[] {0, PER_LINUX32, UNAME26, PER_LINUX32 | UNAME26, QUERY}) {
            profile.rule(SeccompRule.allow("personality").when(arg(0, EQ, personality)));
        }
    }

    /** Calls that a capability brings. */
    private record Powers(Capability capability, String names) {
        SeccompRule rule() {
            return new CallGroup("with " + capability.capName(), names)
                    .rule()
                    .onlyFor(SeccompScope.capabilities(capability));
        }
    }
}
