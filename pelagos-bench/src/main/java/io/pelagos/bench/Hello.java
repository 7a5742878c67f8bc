package io.pelagos.bench;

/** The least that a cold {@code java} process does. */
public final class Hello {
    private Hello() {}

    /**
     * Prints a word.
     *
     * @param arguments none
     */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) {
        System.out.println("hello");
    }
}
