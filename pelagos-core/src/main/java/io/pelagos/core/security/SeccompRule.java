package io.pelagos.core.security;

import java.util.ArrayList;
import java.util.List;

/**
 * What happens to some system calls, perhaps only with some arguments, perhaps only on some
 * machines or for some containers.
 *
 * <p>All conditions must hold, except when two of them compare the same argument: then each of them
 * is enough. That is how runc reads a profile, and existing profiles rely on it.
 *
 * @param names names of system calls as their manual pages have them
 * @param action what happens to them
 * @param conditions comparisons of arguments; empty for any arguments
 * @param includes the rule counts only where all of this holds
 * @param excludes the rule does not count where any of this holds
 * @param comment a remark for readers of the profile, empty when there is none
 */
public record SeccompRule(
        List<String> names,
        SeccompAction action,
        List<SeccompCondition> conditions,
        SeccompScope includes,
        SeccompScope excludes,
        String comment) {
    /**
     * Checks the names and takes copies.
     *
     * @param names names of system calls, at least one
     * @param action what happens to them
     * @param conditions comparisons of arguments
     * @param includes where the rule counts
     * @param excludes where the rule does not count
     * @param comment a remark
     */
    public SeccompRule {
        names = List.copyOf(names);
        conditions = List.copyOf(conditions);
        if (names.isEmpty()) {
            throw new IllegalArgumentException("seccomp rule: names: there are none");
        }
        for (var name : names) {
            if (!isName(name)) {
                throw new IllegalArgumentException(
                        "seccomp rule: names: not the name of a system call: '" + name + "'");
            }
        }
    }

    /**
     * Returns a rule for any arguments on any machine.
     *
     * @param action what happens
     * @param names names of system calls
     * @return the rule
     */
    public static SeccompRule of(SeccompAction action, String... names) {
        return new SeccompRule(
                List.of(names), action, List.of(), SeccompScope.NONE, SeccompScope.NONE, "");
    }

    /**
     * Returns a rule that allows calls with any arguments on any machine.
     *
     * @param names names of system calls
     * @return the rule
     */
    public static SeccompRule allow(String... names) {
        return of(SeccompAction.ALLOW, names);
    }

    /**
     * Adds a condition.
     *
     * @param condition must hold besides the ones already there
     * @return a new rule
     */
    public SeccompRule when(SeccompCondition condition) {
        var more = new ArrayList<>(conditions);
        more.add(condition);
        return new SeccompRule(names, action, more, includes, excludes, comment);
    }

    /**
     * Says where the rule counts.
     *
     * @param scope all of it must hold
     * @return a new rule
     */
    public SeccompRule onlyFor(SeccompScope scope) {
        return new SeccompRule(names, action, conditions, scope, excludes, comment);
    }

    /**
     * Says where the rule does not count.
     *
     * @param scope any of it switches the rule off
     * @return a new rule
     */
    public SeccompRule notFor(SeccompScope scope) {
        return new SeccompRule(names, action, conditions, includes, scope, comment);
    }

    /**
     * Adds a remark.
     *
     * @param text for readers of the profile
     * @return a new rule
     */
    public SeccompRule comment(String text) {
        return new SeccompRule(names, action, conditions, includes, excludes, text);
    }

    private static boolean isName(String name) {
        return !name.isEmpty()
                && name.chars()
                        .allMatch(
                                c ->
                                        c == '_'
                                                || (c >= 'a' && c <= 'z')
                                                || (c >= 'A' && c <= 'Z')
                                                || (c >= '0' && c <= '9'));
    }

    /** Returns what is left of the rule where it counts. */
    SeccompRule everywhere() {
        return new SeccompRule(names, action, conditions, SeccompScope.NONE, SeccompScope.NONE, "");
    }

    boolean appliesTo(SeccompTarget target) {
        return !excludes.anyOf(target) && includes.allOf(target);
    }

    /** Returns the alternatives that the conditions stand for: one of these lists must hold. */
    List<List<SeccompCondition>> alternatives() {
        var distinct = conditions.stream().mapToInt(SeccompCondition::index).distinct().count();
        return distinct == conditions.size()
                ? List.of(conditions)
                : conditions.stream().map(List::of).toList();
    }

    /** Returns for example {@code ALLOW socket if arg0 < 0x26}. */
    @Override
    public String toString() {
        var text = new StringBuilder().append(action).append(' ').append(String.join(",", names));
        for (int i = 0; i < conditions.size(); i++) {
            text.append(i == 0 ? " if " : ", ").append(conditions.get(i));
        }
        if (!includes.isEmpty()) {
            text.append(" only for ").append(includes);
        }
        if (!excludes.isEmpty()) {
            text.append(" not for ").append(excludes);
        }
        return text.toString();
    }
}
