# For the scripts beside this file: finds JDK 25, builds what is missing, starts a program. Sourced by bash.
# Sets root (the checkout) and JAVA_HOME. On the way of every command, so it starts as few processes as it can.

root=$(CDPATH= cd -P -- "${BASH_SOURCE[0]%/*}/.." && pwd)
version=0.1.0-SNAPSHOT

# Succeeds when the folder holds JDK 25 or newer.
is_new_enough() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    local line release
    while IFS= read -r line; do
        if [[ $line == JAVA_VERSION=* ]]; then
            release=${line#*=}
            release=${release//\"/}
            release=${release%%[!0-9]*}
            [ -n "$release" ] && [ "$release" -ge 25 ]
            return
        fi
    done <"$1/release"
    return 1
}

find_jdk() {
    local candidate
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
        if [ -n "$candidate" ] && is_new_enough "$candidate"; then
            export JAVA_HOME=$candidate
            return
        fi
    done
    candidate=$(command -v javac || true)
    if [ -n "$candidate" ]; then
        candidate=$(dirname "$(dirname "$(readlink -f "$candidate")")")
        if is_new_enough "$candidate"; then
            export JAVA_HOME=$candidate
            return
        fi
    fi
    cat >&2 <<'TEXT'
Pelagos needs JDK 25 or newer, and none was found in $JAVA_HOME, in /usr/lib/jvm/*25*, or on the PATH.
Install one (for example the package temurin-25-jdk of https://adoptium.net, or openjdk-25-jdk where the
distribution has it), or set JAVA_HOME to the folder of one.
TEXT
    exit 125
}

# Runs Maven on JDK 25 in the checkout.
maven() {
    if ! command -v mvn >/dev/null; then
        echo "Maven 3.8.7 or newer is needed: apt-get install maven" >&2
        exit 125
    fi
    # Maven's own libraries use what JDK 25 warns about.
    (cd "$root" && MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}" \
        mvn -B -Dstyle.color=never "$@")
}

# Builds the jar of a module and its module path when they are missing or older than a source file.
build() {
    local module=$1 jar=$root/$1/target/$1-$version.jar sources=("$root"/pom.xml "$root"/bin/java-env.sh)
    local part
    for part in "$root"/pelagos-*; do
        [ ! -d "$part/src/main" ] || sources+=("$part/pom.xml" "$part/src/main")
    done
    if [ -d "$root/$module/target/modules" ] && [ -f "$jar" ] \
        && [ -z "$(find "${sources[@]}" -newer "$jar" -print -quit)" ]; then
        return
    fi
    echo "building $module ..." >&2
    rm -f "$jar" "$root/$module"/target/*.aot
    rm -rf "$root/$module/target/modules" "$root/$module/target/image-modules"
    if ! maven -q -pl "$module" -am package -Dmaven.test.skip=true -Dspotless.check.skip=true >&2; then
        echo "building $module failed: see above, or run bin/verify" >&2
        exit 125
    fi
    # Younger than every source, also where packing took no second.
    touch "$jar"
}

# Tells whether a command may be about an image: its modules take the JVM a while to look at.
needs_images() {
    case ${1-} in
        run | explain) ;;
        probe | ps | logs | exec | attach | stop | kill | start | restart | rm | rename | pause | unpause | top | stats | \
            inspect | diff | cp | wait | events | prune | update | cleanup | volume | healthcheck | port) return 1 ;;
        # Help lists all commands.
        *) return 0 ;;
    esac
    local argument
    for argument in "${@:2}"; do
        case $argument in
            host | /*) return 1 ;;
            -*) ;;
            *) return 0 ;;
        esac
    done
    return 1
}

# Libraries whose classes are too old for a cache of the JVM get newer ones, once after each build.
renew_modules() {
    local target=$1 newer=$1/newer-modules.$$ old
    mkdir "$newer"
    for old in "$target"/modules/picocli-*.jar; do
        "$JAVA_HOME/bin/java" -cp "$old" "$root/src/aot/NewerClassFiles.java" "$old" "$newer/$(basename "$old")" \
            >/dev/null 2>&1 || rm -f "$newer/$(basename "$old")"
    done
    rm -rf "$target/newer-modules"
    mv -T "$newer" "$target/newer-modules" || rm -rf "$newer"
}

# Makes a cache of loaded and linked classes by a run that uses most of them. Without it all works, only later; an empty
# file says that it could not be made.
make_cache() {
    local cache=$1
    shift
    "$JAVA_HOME/bin/java" -XX:AOTCacheOutput="$cache.$$" "$@" >/dev/null 2>&1 </dev/null || true
    [ -e "$cache.$$" ] || : >"$cache.$$"
    mv "$cache.$$" "$cache"
}

# Succeeds when a cache is missing or older than the classes, and can be made.
needs_cache() {
    local cache=$1 jar=$2
    [ -w "${cache%/*}" ] && { [ ! -e "$cache" ] || [ "$jar" -nt "$cache" ]; }
}

# Replaces this shell by a class of the examples that needs images. From the class path, because the JVM keeps
# no cache for the automatic modules among theirs; and with all of its compilers, because digests of whole
# layers are computed.
run_image_example() {
    local main=$1 target=$root/pelagos-examples/target jar own=$root/pelagos-examples/target/pelagos-examples-$version.jar
    shift
    if needs_cache "$target/images.aot" "$own" && [ ! "$target/newer-modules" -nt "$own" ]; then
        renew_modules "$target"
    fi
    local path=$own
    for jar in "$target"/newer-modules/*.jar "$target"/modules/*.jar "$target"/image-modules/*.jar; do
        case ":$path:" in
            *"/${jar##*/}:"*) ;;
            *) path=$path:$jar ;;
        esac
    done
    local options=(-XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp "$path")
    if needs_cache "$target/images.aot" "$own"; then
        local store
        store=$(mktemp -d)
        make_cache "$target/images.aot" "${options[@]}" io.pelagos.examples.Rehearsal "$store"
        rm -rf --one-file-system "$store"
    fi
    if [ -s "$target/images.aot" ]; then
        options+=(-XX:AOTCache="$target/images.aot" -Xlog:disable -Xlog:all=error:stderr)
    fi
    exec "$JAVA_HOME/bin/java" "${options[@]}" "$main" "$@"
}

# Replaces this shell by a class of the examples.
run_example() {
    local main=$1
    shift
    find_jdk
    build pelagos-examples
    local target=$root/pelagos-examples/target jar=$root/pelagos-examples/target/pelagos-examples-$version.jar
    local path=$target/newer-modules:$target/modules:$jar
    local options=(
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1
        --enable-native-access=io.pelagos.core,org.jline.terminal.ffm -p "$path")
    if needs_images "$@"; then
        run_image_example "$main" "$@"
    fi
    if needs_cache "$target/pelagos.aot" "$jar"; then
        renew_modules "$target"
        make_cache "$target/pelagos.aot" "${options[@]}" -m io.pelagos.examples/io.pelagos.examples.Main run host true
    fi
    if [ -s "$target/pelagos.aot" ]; then
        # What the JVM says about a cache that does not fit would go to stdout.
        # Compiling at once what the rehearsal found worth it pays only for what runs longer than a command.
        options+=(-XX:AOTCache="$target/pelagos.aot" -XX:+UnlockDiagnosticVMOptions -XX:-AOTReplayTraining
            -Xlog:disable -Xlog:all=error:stderr)
    fi
    exec "$JAVA_HOME/bin/java" "${options[@]}" -m "io.pelagos.examples/$main" "$@"
}
