package io.pelagos.core.internal.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {
    private static final List<String> NAMES = List.of(Logs.STDOUT, Logs.STDERR, Logs.INDEX);

    @TempDir private Path temp;
    private final SystemCalls calls = new SystemCalls(new LinuxKernel());
    private final List<String> seen = new ArrayList<>();
    private OwnedDirectory directory;
    private LogReader reader;
    private long clock;

    @BeforeEach
    void open() throws IOException {
        directory = OwnedDirectory.open(calls, temp.toString(), calls.retry(Syscall.GETEUID));
        reader = new LogReader(calls, directory);
        begin();
    }

    @AfterEach
    void close() {
        reader.close();
        directory.close();
    }

    private void begin() throws IOException {
        for (var name : NAMES) {
            Files.createFile(temp.resolve(name));
        }
    }

    private void replace() throws IOException {
        for (var name : NAMES) {
            Files.move(
                    temp.resolve(name),
                    temp.resolve(name + Logs.OLD),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        begin();
    }

    private void write(int stream, String text) throws IOException {
        var file = temp.resolve(stream == 1 ? Logs.STDOUT : Logs.STDERR);
        record(clock++, 0, Files.size(file), text.length(), stream);
        Files.writeString(file, text, StandardOpenOption.APPEND);
    }

    private void record(long seconds, long nanos, long offset, int length, int stream)
            throws IOException {
        var record = ByteBuffer.allocate(Logs.RECORD_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(seconds).putLong(nanos).putLong(offset).putInt(length).putInt(stream);
        Files.write(temp.resolve(Logs.INDEX), record.array(), StandardOpenOption.APPEND);
    }

    private List<String> read() {
        seen.clear();
        reader.read(
                (time, stream, bytes) ->
                        seen.add(
                                time.getEpochSecond()
                                        + ":"
                                        + stream
                                        + new String(bytes, StandardCharsets.UTF_8)));
        return seen;
    }

    @Test
    void chunksComeInTheOrderOfTheIndex() throws IOException {
        write(2, "first");
        write(1, "second");
        write(2, "third");
        assertThat(read()).containsExactly("0:2first", "1:1second", "2:2third");
        assertThat(read()).isEmpty();
        write(1, "fourth");
        assertThat(read()).containsExactly("3:1fourth");
    }

    @Test
    void filesThatWereReplacedAreReadFirst() throws IOException {
        write(1, "old");
        replace();
        write(1, "new");
        assertThat(read()).containsExactly("0:1old", "1:1new");
    }

    @Test
    void readingGoesOnInFilesThatAreReplaced() throws IOException {
        write(1, "a");
        assertThat(read()).containsExactly("0:1a");
        write(1, "b");
        replace();
        write(2, "c");
        assertThat(read()).containsExactly("1:1b", "2:2c");
    }

    @Test
    void halfARecordWaitsForItsOtherHalf() throws IOException {
        write(1, "whole");
        var index = temp.resolve(Logs.INDEX);
        Files.write(index, new byte[7], StandardOpenOption.APPEND);
        assertThat(read()).containsExactly("0:1whole");
    }

    @Test
    void recordThatNobodyHasWrittenIsRefused() throws IOException {
        record(0, 0, 0, Integer.MAX_VALUE, 1);
        assertThatThrownBy(this::read).isInstanceOf(HostileFileException.class);
    }

    @Test
    void recordsBeyondTheEndOfAFileGiveWhatIsThere() throws IOException {
        Files.writeString(temp.resolve(Logs.STDOUT), "abc");
        record(5, 0, 1, 1000, 1);
        assertThat(read()).containsExactly("5:1bc");
    }

    @Test
    void noLogsAreNoLines() throws IOException {
        for (var name : NAMES) {
            Files.delete(temp.resolve(name));
        }
        assertThat(read()).isEmpty();
    }

    @Test
    void skippingLeavesOutWhatIsThere() throws IOException {
        write(1, "old");
        reader.skip();
        write(1, "new");
        assertThat(read()).containsExactly("1:1new");
    }
}
