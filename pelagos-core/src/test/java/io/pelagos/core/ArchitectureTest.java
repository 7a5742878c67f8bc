package io.pelagos.core;

import static com.tngtech.archunit.lang.conditions.ArchConditions.accessField;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.pelagos.core.kernel.Kernel;
import java.lang.module.ModuleDescriptor;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The lines of the architecture page that a compiler does not draw. */
class ArchitectureTest {
    /** From top to bottom: a package uses itself and what stands after it. */
    private static final List<String> PACKAGES =
            List.of(
                    "io.pelagos.core",
                    "io.pelagos.core.oci",
                    "io.pelagos.core.internal.state",
                    "io.pelagos.core.internal.plan",
                    "io.pelagos.core.internal.files",
                    "io.pelagos.core.internal.cgroup",
                    "io.pelagos.core.files",
                    "io.pelagos.core.spec",
                    "io.pelagos.core.security",
                    "io.pelagos.core.internal.launch",
                    "io.pelagos.core.internal.probe",
                    "io.pelagos.core.kernel",
                    "io.pelagos.core.internal.elf",
                    "io.pelagos.core.internal.json",
                    "io.pelagos.core.paths");

    private static final JavaClasses MODULE =
            new ClassFileImporter()
                    .importUrl(Kernel.class.getProtectionDomain().getCodeSource().getLocation());

    @Test
    void everyClassLivesInOneOfTheRoomsOfTheHouse() {
        classes()
                .should()
                .resideInAnyPackage(PACKAGES.toArray(String[]::new))
                .because("a new package needs a place between the others")
                .check(MODULE);
    }

    /** A total order, so it also leaves no room for a cycle. */
    @Test
    void everyPackageUsesOnlyItselfAndThoseBelow() {
        classes().should(useOnlyPackagesBelowTheirOwn()).check(MODULE);
    }

    @Test
    void onlyTheKernelPackageTouchesForeignMemoryAndFunctions() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.pelagos.core.kernel")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..")
                .allowEmptyShould(true)
                .check(MODULE);
    }

    @Test
    void signaturesThatUsersSeeNameOnlyTheJdkAndExportedPackages() {
        classes()
                .that()
                .resideInAnyPackage(exported().toArray(String[]::new))
                .should(new SignatureCondition(exported()))
                .check(MODULE);
    }

    @Test
    void internalPackagesAreNotExported() {
        assertThat(descriptor().exports())
                .isNotEmpty()
                .noneMatch(export -> export.source().contains(".internal"))
                .noneMatch(ModuleDescriptor.Exports::isQualified);
    }

    @Test
    void noStateIsStatic() {
        fields().that().areStatic().should().beFinal().check(MODULE);
    }

    @Test
    void theLibraryNeverPrintsExitsOrInstallsHandlers() {
        noClasses()
                .should(accessField(System.class, "out"))
                .orShould(accessField(System.class, "err"))
                .orShould(callMethod(Throwable.class, "printStackTrace"))
                .orShould(callMethod(System.class, "exit", int.class))
                .orShould(callMethod(Runtime.class, "exit", int.class))
                .orShould(callMethod(Runtime.class, "halt", int.class))
                .orShould(callMethod(Runtime.class, "addShutdownHook", Thread.class))
                .check(MODULE);
    }

    @Test
    void nothingIsFoundByReflectionOrRegistered() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.reflect")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(ServiceLoader.class)
                .orShould(callMethod(Class.class, "forName", String.class))
                .check(MODULE);
    }

    private static ModuleDescriptor descriptor() {
        return Kernel.class.getModule().getDescriptor();
    }

    private static List<String> exported() {
        return descriptor().exports().stream().map(ModuleDescriptor.Exports::source).toList();
    }

    private static ArchCondition<JavaClass> useOnlyPackagesBelowTheirOwn() {
        return new ArchCondition<>("use only packages below their own") {
            @Override
            public void check(JavaClass origin, ConditionEvents events) {
                int own = PACKAGES.indexOf(origin.getPackageName());
                origin.getDirectDependenciesFromSelf().stream()
                        .filter(it -> isAbove(it.getTargetClass(), own))
                        .map(it -> SimpleConditionEvent.violated(it, it.getDescription()))
                        .forEach(events::add);
            }
        };
    }

    private static boolean isAbove(JavaClass target, int own) {
        int other = PACKAGES.indexOf(target.getBaseComponentType().getPackageName());
        return other >= 0 && other < own;
    }

    /** Everything that a class shows to users speaks of the JDK and of exported packages. */
    private static final class SignatureCondition extends ArchCondition<JavaClass> {
        private final List<String> exported;

        SignatureCondition(List<String> exported) {
            super("name only types of the JDK and of %s in signatures", exported);
            this.exported = exported;
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            if (Signatures.isShown(type)) {
                Signatures.of(type).forEach((place, named) -> check(type, place, named, events));
            }
        }

        private void check(
                JavaClass type, String place, Stream<JavaClass> named, ConditionEvents events) {
            named.map(JavaClass::getBaseComponentType)
                    .filter(it -> !isAllowed(it))
                    .map(it -> place + " names " + it.getName())
                    .map(text -> SimpleConditionEvent.violated(type, text))
                    .forEach(events::add);
        }

        private boolean isAllowed(JavaClass type) {
            return type.isPrimitive()
                    || type.getPackageName().startsWith("java.")
                    || exported.contains(type.getPackageName());
        }
    }
}
