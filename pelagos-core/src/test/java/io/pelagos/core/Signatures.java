package io.pelagos.core;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What the public and protected signatures of a class speak of. */
final class Signatures {
    private Signatures() {}

    /** Returns whether a user of the library can name the class. */
    static boolean isShown(JavaClass type) {
        return isShown(type.getModifiers())
                && type.getEnclosingClass().map(Signatures::isShown).orElse(true);
    }

    /**
     * Returns the types that each place of a class names, generic arguments and bounds included.
     */
    static Map<String, Stream<JavaClass>> of(JavaClass type) {
        var places = new LinkedHashMap<String, Stream<JavaClass>>();
        places.put(
                "the declaration of " + type.getName(),
                Stream.of(
                                type.getSuperclass().stream(),
                                type.getInterfaces().stream(),
                                type.getTypeParameters().stream())
                        .flatMap(it -> it)
                        .flatMap(Signatures::involved));
        for (var member : type.getMembers()) {
            if (isShown(member.getModifiers())) {
                places.put(member.getFullName(), types(member).flatMap(Signatures::involved));
            }
        }
        return places;
    }

    private static Stream<JavaType> types(JavaMember member) {
        if (!(member instanceof JavaCodeUnit unit)) {
            return Stream.of(((JavaField) member).getType());
        }
        return Stream.of(
                        Stream.of(unit.getReturnType()),
                        unit.getParameterTypes().stream(),
                        unit.getTypeParameters().stream(),
                        unit.getExceptionTypes().stream())
                .flatMap(it -> it);
    }

    private static Stream<JavaClass> involved(JavaType type) {
        return type.getAllInvolvedRawTypes().stream();
    }

    private static boolean isShown(Set<JavaModifier> modifiers) {
        return (modifiers.contains(JavaModifier.PUBLIC)
                        || modifiers.contains(JavaModifier.PROTECTED))
                && !modifiers.contains(JavaModifier.SYNTHETIC);
    }
}
