package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import java.util.List;

/** What to do about a failed call; the first entry that fits counts. */
final class Remedies {
    /**
     * An entry.
     *
     * @param purpose how the purpose begins
     * @param call how the call begins
     * @param errno the error
     * @param text what to do; {@code %s} stands for the first quoted argument
     */
    record Entry(String purpose, String call, Errno errno, String text) {
        boolean fits(String purpose, String call, Errno errno) {
            return purpose.startsWith(this.purpose)
                    && call.startsWith(this.call)
                    && errno == this.errno;
        }
    }

    static final List<Entry> ENTRIES =
            List.of(
                    new Entry(
                            "mounting ",
                            "open_tree(",
                            Errno.ENOENT,
                            "The source of a bind mount must exist: create %s, or use"
                                    + " Mount.bind(…).createSource()"),
                    new Entry(
                            "mounting ",
                            "open_tree(",
                            Errno.EACCES,
                            "This user may not look at %s: change its permissions or those of the"
                                    + " directories above it"),
                    new Entry(
                            "mapping the ids of ",
                            "mount_setattr(",
                            Errno.EINVAL,
                            "A file system there cannot show other owners: ext4, xfs, btrfs and,"
                                    + " since Linux 6.3, tmpfs can; overlay, proc and most network file"
                                    + " systems cannot. What is mounted below a recursive mount counts"
                                    + " too: try nonRecursive(), or give the files other owners"),
                    new Entry(
                            "mapping the ids of ",
                            "mount_setattr(",
                            Errno.EPERM,
                            "The mount shows other owners already, or the file system belongs to a"
                                    + " user namespace over which this JVM has no CAP_SYS_ADMIN"),
                    new Entry(
                            "stacking the layers of the root",
                            "openat(",
                            Errno.EACCES,
                            "The users of the container's user namespace may not reach %s: use"
                                    + " Rootfs.idMapped(), or open the directories that lead there"),
                    new Entry(
                            "opening the root file system",
                            "openat(",
                            Errno.ENOENT,
                            "The root file system must be a directory that exists: create %s"),
                    new Entry(
                            "opening the root file system",
                            "openat(",
                            Errno.ENOTDIR,
                            "The root file system must be a directory, which %s is not"),
                    new Entry(
                            "mounting ",
                            "openat2(",
                            Errno.ELOOP,
                            "There is a symbolic link at %s or above it in the root file system,"
                                    + " where the kernel's own file systems go: replace it by a"
                                    + " directory"),
                    new Entry(
                            "entering the working directory",
                            "openat2(",
                            Errno.ELOOP,
                            "The path %s leads through a link of procfs, which could leave the"
                                    + " container: name the directory itself"),
                    new Entry(
                            "mounting ",
                            "mkdirat(",
                            Errno.EROFS,
                            "The target is missing in a file system that cannot be changed: make it"
                                    + " there beforehand, or mount elsewhere"),
                    new Entry(
                            "making the directory of writable layers",
                            "mkdir",
                            Errno.EROFS,
                            "The writable layers of containers cannot lie at %s: set"
                                    + " PELAGOS_OVERLAY_TMPFS=1 to have them in memory, or have a"
                                    + " file system mounted there that can be written to"),
                    new Entry(
                            "mounting ",
                            "fsopen(",
                            Errno.ENODEV,
                            "This kernel has no file system %s: see /proc/filesystems, or load the"
                                    + " module on the host"),
                    new Entry(
                            "creating the first process",
                            "clone3(",
                            Errno.EPERM,
                            "This machine denies new namespaces, also in a user namespace: see"
                                    + " kernel.unprivileged_userns_clone, user.max_user_namespaces and"
                                    + " kernel.apparmor_restrict_unprivileged_userns, or run as root;"
                                    + " probe() tells which"),
                    new Entry(
                            "creating the first process",
                            "clone3(",
                            Errno.ENOSYS,
                            "Here clone3 is blocked, usually by the seccomp filter of a container"
                                    + " around this JVM: allow it there"),
                    new Entry(
                            "creating the first process",
                            "clone3(",
                            Errno.EAGAIN,
                            "There are too many processes: raise pids.max of the cgroup or"
                                    + " RLIMIT_NPROC"),
                    new Entry(
                            "creating the first process",
                            "clone3(",
                            Errno.ENOSPC,
                            "There are too many namespaces: raise the limits in /proc/sys/user or"
                                    + " nest less deeply"),
                    new Entry(
                            "setting the oom score",
                            "write(",
                            Errno.EACCES,
                            "A score below the JVM's own takes CAP_SYS_RESOURCE: choose a higher"
                                    + " one"),
                    new Entry(
                            "limiting ",
                            "prlimit64(",
                            Errno.EPERM,
                            "A hard limit above the JVM's own takes CAP_SYS_RESOURCE: choose a"
                                    + " lower one, or raise that of the JVM"),
                    new Entry(
                            "setting ",
                            "openat2(",
                            Errno.ENOENT,
                            "This kernel has no parameter of that name"),
                    new Entry(
                            "setting ",
                            "write(",
                            Errno.EINVAL,
                            "The kernel does not take this value for the parameter"),
                    new Entry(
                            "taking the AppArmor profile",
                            "write(",
                            Errno.ENOENT,
                            "No profile of that name is loaded: load it by apparmor_parser -r, see"
                                    + " /sys/kernel/security/apparmor/profiles"),
                    new Entry(
                            "taking the SELinux context",
                            "write(",
                            Errno.EINVAL,
                            "The policy that is loaded does not know this context: see seinfo(1)"),
                    new Entry(
                            "taking the SELinux context",
                            "write(",
                            Errno.EACCES,
                            "The policy does not let the JVM's own context execute in this one: see"
                                    + " ausearch -m avc"),
                    new Entry(
                            "watching the pressure",
                            "write(",
                            Errno.EINVAL,
                            "Without CAP_SYS_RESOURCE the window has to be a multiple of 2 s"),
                    new Entry(
                            "watching the pressure",
                            "openat(",
                            Errno.EPERM,
                            "Before Linux 6.5 this takes CAP_SYS_RESOURCE"),
                    new Entry(
                            "watching the pressure",
                            "openat(",
                            Errno.ENOENT,
                            "This kernel has no pressure stall information: boot one with"
                                    + " CONFIG_PSI, and with psi=1"),
                    new Entry(
                            "watching the pressure",
                            "openat(",
                            Errno.EOPNOTSUPP,
                            "Pressure stall information is switched off: boot with psi=1"),
                    new Entry(
                            "filtering system calls",
                            "seccomp(",
                            Errno.EINVAL,
                            "This kernel does not take the filter or its flags: see probe()"),
                    new Entry(
                            "filtering system calls",
                            "seccomp(",
                            Errno.EACCES,
                            "A filter without no_new_privs takes CAP_SYS_ADMIN: leave"
                                    + " newPrivileges(false)"),
                    new Entry(
                            "entering the ",
                            "setns(",
                            Errno.EINVAL,
                            "The file or process does not refer to such a namespace, or it is the"
                                    + " one the process is in already"),
                    new Entry(
                            "changing the root",
                            "pivot_root(",
                            Errno.EINVAL,
                            "The JVM's own root is not a mount, as in an initial ramdisk or a"
                                    + " chroot: start the JVM in a mount namespace made by"
                                    + " switch_root or pivot_root"),
                    new Entry(
                            "",
                            "",
                            Errno.EPERM,
                            "This takes privileges that the JVM, or its user namespace, does not"
                                    + " have: see probe()"),
                    new Entry(
                            "",
                            "",
                            Errno.EMFILE,
                            "This JVM has too many open files: raise RLIMIT_NOFILE, or close"
                                    + " containers and streams that are no longer used"),
                    new Entry(
                            "",
                            "",
                            Errno.ENOSPC,
                            "There is no space, or no inode, left: see df and df -i"));

    private Remedies() {}

    static String of(String purpose, String call, Errno errno) {
        for (var entry : ENTRIES) {
            if (entry.fits(purpose, call, errno)) {
                return entry.text().replace("%s", firstQuoted(call));
            }
        }
        return "";
    }

    private static String firstQuoted(String call) {
        int start = call.indexOf('"');
        int end = start < 0 ? -1 : call.indexOf('"', start + 1);
        return end < 0 ? "it" : call.substring(start + 1, end);
    }
}
