package io.pelagos.core.oci;

import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code process} of a config.json: the first program of a container.
 *
 * @param args the program and its arguments
 * @param commandLine the command line, on Windows
 * @param consoleSize the size of the terminal
 * @param cwd the working directory
 * @param env NAME=VALUE each
 * @param terminal whether its streams are a terminal
 * @param user who it runs as
 * @param capabilities what it may do
 * @param apparmorProfile the AppArmor profile
 * @param oomScoreAdj how likely the kernel ends it
 * @param selinuxLabel the SELinux label
 * @param ioPriority its priority for block devices
 * @param noNewPrivileges whether execve(2) can give no more
 * @param scheduler how it is scheduled, see sched_setattr(2)
 * @param rlimits limits of setrlimit(2)
 * @param execCPUAffinity processors of programs executed later
 */
public record OciProcess(
        List<String> args,
        @Nullable String commandLine,
        @Nullable ConsoleSize consoleSize,
        String cwd,
        List<String> env,
        @Nullable Boolean terminal,
        @Nullable User user,
        @Nullable Capabilities capabilities,
        @Nullable String apparmorProfile,
        @Nullable Long oomScoreAdj,
        @Nullable String selinuxLabel,
        @Nullable IoPriority ioPriority,
        @Nullable Boolean noNewPrivileges,
        @Nullable Scheduler scheduler,
        List<Rlimit> rlimits,
        @Nullable CpuAffinity execCPUAffinity) {
    /** Checks what the schema says and copies collections. */
    public OciProcess {
        args = Checks.copy(args);
        Checks.required("cwd", cwd);
        env = Checks.copy(env);
        rlimits = Checks.copy(rlimits);
    }

    /**
     * The size of a terminal.
     *
     * @param height rows
     * @param width columns
     */
    public record ConsoleSize(BigInteger height, BigInteger width) {
        /** Checks what the schema says and copies collections. */
        public ConsoleSize {
            Checks.unsigned("height", Checks.required("height", height));
            Checks.unsigned("width", Checks.required("width", width));
        }
    }

    /**
     * Who a process runs as.
     *
     * @param uid the user id
     * @param gid the group id
     * @param umask the file mode creation mask
     * @param additionalGids supplementary groups
     * @param username the name, on Windows
     */
    public record User(
            @Nullable Long uid,
            @Nullable Long gid,
            @Nullable Long umask,
            List<Long> additionalGids,
            @Nullable String username) {
        /** Checks what the schema says and copies collections. */
        public User {
            Checks.range("uid", uid, 0, 4294967295L);
            Checks.range("gid", gid, 0, 4294967295L);
            Checks.range("umask", umask, 0, 4294967295L);
            additionalGids = Checks.copy(additionalGids);
            additionalGids.forEach(id -> Checks.range("additionalGids", id, 0, 4294967295L));
        }
    }

    /**
     * Sets of capabilities, see capabilities(7).
     *
     * @param bounding names like CAP_KILL
     * @param permitted names like CAP_KILL
     * @param effective names like CAP_KILL
     * @param inheritable names like CAP_KILL
     * @param ambient names like CAP_KILL
     */
    public record Capabilities(
            List<String> bounding,
            List<String> permitted,
            List<String> effective,
            List<String> inheritable,
            List<String> ambient) {
        /** Checks what the schema says and copies collections. */
        public Capabilities {
            bounding = Checks.copy(bounding);
            permitted = Checks.copy(permitted);
            effective = Checks.copy(effective);
            inheritable = Checks.copy(inheritable);
            ambient = Checks.copy(ambient);
        }
    }

    /**
     * A priority for block devices, see ioprio_set(2).
     *
     * @param clazz the class, {@code class} in the document
     * @param priority 0 to 7 within the class
     */
    public record IoPriority(IoPriorityClass clazz, @Nullable Long priority) {
        /** Checks what the schema says and copies collections. */
        public IoPriority {
            Checks.required("clazz", clazz);
        }
    }

    /** A class of ioprio_set(2). */
    public enum IoPriorityClass {
        /** {@code IOPRIO_CLASS_RT}. */
        RT("IOPRIO_CLASS_RT"),
        /** {@code IOPRIO_CLASS_BE}. */
        BE("IOPRIO_CLASS_BE"),
        /** {@code IOPRIO_CLASS_IDLE}. */
        IDLE("IOPRIO_CLASS_IDLE");

        private final String text;

        IoPriorityClass(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * How a process is scheduled, see sched_setattr(2).
     *
     * @param policy the policy
     * @param nice the nice value
     * @param priority the static priority
     * @param flags flags
     * @param runtime nanoseconds in each period
     * @param deadline nanoseconds until the runtime is due
     * @param period nanoseconds
     */
    public record Scheduler(
            SchedulerPolicy policy,
            @Nullable Long nice,
            @Nullable Long priority,
            List<SchedulerFlag> flags,
            @Nullable BigInteger runtime,
            @Nullable BigInteger deadline,
            @Nullable BigInteger period) {
        /** Checks what the schema says and copies collections. */
        public Scheduler {
            Checks.required("policy", policy);
            flags = Checks.copy(flags);
            Checks.unsigned("runtime", runtime);
            Checks.unsigned("deadline", deadline);
            Checks.unsigned("period", period);
        }
    }

    /** A policy of sched_setattr(2). */
    public enum SchedulerPolicy {
        /** {@code SCHED_OTHER}. */
        OTHER("SCHED_OTHER"),
        /** {@code SCHED_FIFO}. */
        FIFO("SCHED_FIFO"),
        /** {@code SCHED_RR}. */
        RR("SCHED_RR"),
        /** {@code SCHED_BATCH}. */
        BATCH("SCHED_BATCH"),
        /** {@code SCHED_ISO}. */
        ISO("SCHED_ISO"),
        /** {@code SCHED_IDLE}. */
        IDLE("SCHED_IDLE"),
        /** {@code SCHED_DEADLINE}. */
        DEADLINE("SCHED_DEADLINE");

        private final String text;

        SchedulerPolicy(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /** A flag of sched_setattr(2). */
    public enum SchedulerFlag {
        /** {@code SCHED_FLAG_RESET_ON_FORK}. */
        RESET_ON_FORK("SCHED_FLAG_RESET_ON_FORK"),
        /** {@code SCHED_FLAG_RECLAIM}. */
        RECLAIM("SCHED_FLAG_RECLAIM"),
        /** {@code SCHED_FLAG_DL_OVERRUN}. */
        DL_OVERRUN("SCHED_FLAG_DL_OVERRUN"),
        /** {@code SCHED_FLAG_KEEP_POLICY}. */
        KEEP_POLICY("SCHED_FLAG_KEEP_POLICY"),
        /** {@code SCHED_FLAG_KEEP_PARAMS}. */
        KEEP_PARAMS("SCHED_FLAG_KEEP_PARAMS"),
        /** {@code SCHED_FLAG_UTIL_CLAMP_MIN}. */
        UTIL_CLAMP_MIN("SCHED_FLAG_UTIL_CLAMP_MIN"),
        /** {@code SCHED_FLAG_UTIL_CLAMP_MAX}. */
        UTIL_CLAMP_MAX("SCHED_FLAG_UTIL_CLAMP_MAX");

        private final String text;

        SchedulerFlag(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A limit of setrlimit(2).
     *
     * @param type like RLIMIT_NOFILE
     * @param soft what is enforced
     * @param hard up to where it may be raised
     */
    public record Rlimit(String type, BigInteger soft, BigInteger hard) {
        /** Checks what the schema says and copies collections. */
        public Rlimit {
            Checks.required("type", type);
            Checks.unsigned("soft", Checks.required("soft", soft));
            Checks.unsigned("hard", Checks.required("hard", hard));
            Checks.match("type", type, "RLIMIT_[A-Z]+");
        }
    }

    /**
     * Processors of a program executed in a running container.
     *
     * @param initial before it enters the cgroup, as in 0-2
     * @param end after that; {@code final} in the document
     */
    public record CpuAffinity(@Nullable String initial, @Nullable String end) {
        /** Checks what the schema says and copies collections. */
        public CpuAffinity {
            Checks.match("initial", initial, "[0-9, -]*");
            Checks.match("final", end, "[0-9, -]*");
        }
    }
}
