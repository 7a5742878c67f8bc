package io.pelagos.core.kernel;

import java.util.Locale;

/**
 * The system calls that Pelagos makes, with their numbers on each architecture.
 *
 * <p>The numbers are those of {@code asm/unistd_64.h} for x86_64 and of {@code
 * asm-generic/unistd.h} for aarch64.
 */
public enum Syscall {
    /** See read(2). */
    READ(0, 63),
    /** See write(2). */
    WRITE(1, 64),
    /** See close(2). */
    CLOSE(3, 57),
    /** See openat(2). */
    OPENAT(257, 56),
    /** See openat2(2). */
    OPENAT2(437, 437),
    /** See pread64(2). */
    PREAD64(17, 67),
    /** See pwrite64(2). */
    PWRITE64(18, 68),
    /** See lseek(2). */
    LSEEK(8, 62),
    /** See fsync(2). */
    FSYNC(74, 82),
    /** See syncfs(2). */
    SYNCFS(306, 267),
    /** See fdatasync(2). */
    FDATASYNC(75, 83),
    /** See ftruncate(2). */
    FTRUNCATE(77, 46),
    /** See fallocate(2). */
    FALLOCATE(285, 47),
    /** See fcntl(2). */
    FCNTL(72, 25),
    /** See ioctl(2). */
    IOCTL(16, 29),
    /** See dup(2). */
    DUP(32, 23),
    /** See dup3(2). */
    DUP3(292, 24),
    /** See pipe2(2). */
    PIPE2(293, 59),
    /** See close_range(2). */
    CLOSE_RANGE(436, 436),
    /** See newfstatat(2). */
    NEWFSTATAT(262, 79),
    /** See statx(2). */
    STATX(332, 291),
    /** See readlinkat(2). */
    READLINKAT(267, 78),
    /** See faccessat2(2). */
    FACCESSAT2(439, 439),
    /** See mkdirat(2). */
    MKDIRAT(258, 34),
    /** See mknodat(2). */
    MKNODAT(259, 33),
    /** See unlinkat(2). */
    UNLINKAT(263, 35),
    /** See renameat2(2). */
    RENAMEAT2(316, 276),
    /** See linkat(2). */
    LINKAT(265, 37),
    /** See symlinkat(2). */
    SYMLINKAT(266, 36),
    /** See fchmodat(2). */
    FCHMODAT(268, 53),
    /** See fchmod(2). */
    FCHMOD(91, 52),
    /** See fchownat(2). */
    FCHOWNAT(260, 54),
    /** See fchown(2). */
    FCHOWN(93, 55),
    /** See utimensat(2). */
    UTIMENSAT(280, 88),
    /** See getdents64(2). */
    GETDENTS64(217, 61),
    /** See statfs(2). */
    STATFS(137, 43),
    /** See fstatfs(2). */
    FSTATFS(138, 44),
    /** See fgetxattr(2). */
    FGETXATTR(193, 10),
    /** See fsetxattr(2). */
    FSETXATTR(190, 7),
    /** See lgetxattr(2). */
    LGETXATTR(192, 9),
    /** See lsetxattr(2). */
    LSETXATTR(189, 6),
    /** See llistxattr(2). */
    LLISTXATTR(195, 12),
    /** See flistxattr(2). */
    FLISTXATTR(196, 13),
    /** See fremovexattr(2). */
    FREMOVEXATTR(199, 16),
    /** See copy_file_range(2). */
    COPY_FILE_RANGE(326, 285),
    /** See sendfile(2). */
    SENDFILE(40, 71),
    /** See splice(2). */
    SPLICE(275, 76),
    /** See flock(2). */
    FLOCK(73, 32),
    /** See umask(2). */
    UMASK(95, 166),
    /** See chdir(2). */
    CHDIR(80, 49),
    /** See fchdir(2). */
    FCHDIR(81, 50),
    /** See chroot(2). */
    CHROOT(161, 51),
    /** See mount(2). */
    MOUNT(165, 40),
    /** See umount2(2). */
    UMOUNT2(166, 39),
    /** See pivot_root(2). */
    PIVOT_ROOT(155, 41),
    /** See open_tree(2). */
    OPEN_TREE(428, 428),
    /** See move_mount(2). */
    MOVE_MOUNT(429, 429),
    /** See fsopen(2). */
    FSOPEN(430, 430),
    /** See fsconfig(2). */
    FSCONFIG(431, 431),
    /** See fsmount(2). */
    FSMOUNT(432, 432),
    /** See fspick(2). */
    FSPICK(433, 433),
    /** See mount_setattr(2). */
    MOUNT_SETATTR(442, 442),
    /** See clone(2). */
    CLONE(56, 220),
    /** See clone3(2). */
    CLONE3(435, 435),
    /** See unshare(2). */
    UNSHARE(272, 97),
    /** See setns(2). */
    SETNS(308, 268),
    /** See execve(2). */
    EXECVE(59, 221),
    /** See execveat(2). */
    EXECVEAT(322, 281),
    /** See exit(2). */
    EXIT(60, 93),
    /** See exit_group(2). */
    EXIT_GROUP(231, 94),
    /** See wait4(2). */
    WAIT4(61, 260),
    /** See waitid(2). */
    WAITID(247, 95),
    /** See kill(2). */
    KILL(62, 129),
    /** See tgkill(2). */
    TGKILL(234, 131),
    /** See pidfd_open(2). */
    PIDFD_OPEN(434, 434),
    /** See pidfd_send_signal(2). */
    PIDFD_SEND_SIGNAL(424, 424),
    /** See pidfd_getfd(2). */
    PIDFD_GETFD(438, 438),
    /** See getpid(2). */
    GETPID(39, 172),
    /** See getppid(2). */
    GETPPID(110, 173),
    /** See gettid(2). */
    GETTID(186, 178),
    /** See getuid(2). */
    GETUID(102, 174),
    /** See geteuid(2). */
    GETEUID(107, 175),
    /** See getgid(2). */
    GETGID(104, 176),
    /** See getegid(2). */
    GETEGID(108, 177),
    /** See setuid(2). */
    SETUID(105, 146),
    /** See setgid(2). */
    SETGID(106, 144),
    /** See setresuid(2). */
    SETRESUID(117, 147),
    /** See setresgid(2). */
    SETRESGID(119, 149),
    /** See setfsuid(2). */
    SETFSUID(122, 151),
    /** See setfsgid(2). */
    SETFSGID(123, 152),
    /** See setgroups(2). */
    SETGROUPS(116, 159),
    /** See getgroups(2). */
    GETGROUPS(115, 158),
    /** See setsid(2). */
    SETSID(112, 157),
    /** See setpgid(2). */
    SETPGID(109, 154),
    /** See capget(2). */
    CAPGET(125, 90),
    /** See capset(2). */
    CAPSET(126, 91),
    /** See prctl(2). */
    PRCTL(157, 167),
    /** See seccomp(2). */
    SECCOMP(317, 277),
    /** See landlock_create_ruleset(2). */
    LANDLOCK_CREATE_RULESET(444, 444),
    /** See landlock_add_rule(2). */
    LANDLOCK_ADD_RULE(445, 445),
    /** See landlock_restrict_self(2). */
    LANDLOCK_RESTRICT_SELF(446, 446),
    /** See prlimit64(2). */
    PRLIMIT64(302, 261),
    /** See sethostname(2). */
    SETHOSTNAME(170, 161),
    /** See setdomainname(2). */
    SETDOMAINNAME(171, 162),
    /** See sched_setaffinity(2). */
    SCHED_SETAFFINITY(203, 122),
    /** See sched_getaffinity(2). */
    SCHED_GETAFFINITY(204, 123),
    /** See sched_setattr(2). */
    SCHED_SETATTR(314, 274),
    /** See ioprio_set(2). */
    IOPRIO_SET(251, 30),
    /** See setpriority(2). */
    SETPRIORITY(141, 140),
    /** See personality(2). */
    PERSONALITY(135, 92),
    /** See keyctl(2). */
    KEYCTL(250, 219),
    /** See add_key(2). */
    ADD_KEY(248, 217),
    /** See rt_sigaction(2). */
    RT_SIGACTION(13, 134),
    /** See rt_sigprocmask(2). */
    RT_SIGPROCMASK(14, 135),
    /** See rt_sigtimedwait(2). */
    RT_SIGTIMEDWAIT(128, 137),
    /** See signalfd4(2). */
    SIGNALFD4(289, 74),
    /** See ppoll(2). */
    PPOLL(271, 73),
    /** See pselect6(2). */
    PSELECT6(270, 72),
    /** See epoll_create1(2). */
    EPOLL_CREATE1(291, 20),
    /** See epoll_ctl(2). */
    EPOLL_CTL(233, 21),
    /** See epoll_pwait(2). */
    EPOLL_PWAIT(281, 22),
    /** See eventfd2(2). */
    EVENTFD2(290, 19),
    /** See timerfd_create(2). */
    TIMERFD_CREATE(283, 85),
    /** See timerfd_settime(2). */
    TIMERFD_SETTIME(286, 86),
    /** See nanosleep(2). */
    NANOSLEEP(35, 101),
    /** See clock_gettime(2). */
    CLOCK_GETTIME(228, 113),
    /** See socket(2). */
    SOCKET(41, 198),
    /** See socketpair(2). */
    SOCKETPAIR(53, 199),
    /** See bind(2). */
    BIND(49, 200),
    /** See connect(2). */
    CONNECT(42, 203),
    /** See listen(2). */
    LISTEN(50, 201),
    /** See accept4(2). */
    ACCEPT4(288, 242),
    /** See sendto(2). */
    SENDTO(44, 206),
    /** See recvfrom(2). */
    RECVFROM(45, 207),
    /** See sendmsg(2). */
    SENDMSG(46, 211),
    /** See recvmsg(2). */
    RECVMSG(47, 212),
    /** See getsockopt(2). */
    GETSOCKOPT(55, 209),
    /** See setsockopt(2). */
    SETSOCKOPT(54, 208),
    /** See getsockname(2). */
    GETSOCKNAME(51, 204),
    /** See shutdown(2). */
    SHUTDOWN(48, 210),
    /** See memfd_create(2). */
    MEMFD_CREATE(319, 279),
    /** See mmap(2). */
    MMAP(9, 222),
    /** See munmap(2). */
    MUNMAP(11, 215),
    /** See getrandom(2). */
    GETRANDOM(318, 278),
    /** See uname(2). */
    UNAME(63, 160),
    /** See sysinfo(2). */
    SYSINFO(99, 179),
    /** See bpf(2). */
    BPF(321, 280),
    /** See inotify_init1(2). */
    INOTIFY_INIT1(294, 26),
    /** See inotify_add_watch(2). */
    INOTIFY_ADD_WATCH(254, 27),
    /** See inotify_rm_watch(2). */
    INOTIFY_RM_WATCH(255, 28),
    /** See perf_event_open(2). */
    PERF_EVENT_OPEN(298, 241),
    /** See io_uring_setup(2). */
    IO_URING_SETUP(425, 425),
    /** See userfaultfd(2). */
    USERFAULTFD(323, 282),
    /** See process_vm_readv(2). */
    PROCESS_VM_READV(310, 270),
    /** See getxattr(2). */
    GETXATTR(191, 8),
    /** See ptrace(2). */
    PTRACE(101, 117),
    /** See init_module(2). */
    INIT_MODULE(175, 105),
    /** See reboot(2). */
    REBOOT(169, 142);

    private final int x86;
    private final int aarch64;
    private final String callName = name().toLowerCase(Locale.ROOT);

    Syscall(int x86, int aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
    }

    /**
     * Returns the number of the call.
     *
     * @param architecture on which architecture
     * @return the number
     */
    public int number(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> x86;
            case AARCH64 -> aarch64;
        };
    }

    /**
     * Returns the name of the call as its manual page has it.
     *
     * @return for example {@code openat}
     */
    public String callName() {
        return callName;
    }
}
